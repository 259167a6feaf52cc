/**
 * One line that says what is going on: rewritten in place on a terminal, a line of its own elsewhere.
 */
import { Effect } from "effect"

/** Shows lines while something long runs. */
export interface Progress {
  readonly show: (text: string) => Effect.Effect<void>
  /** clears the line, before other output */
  readonly done: Effect.Effect<void>
}

const clearLine = "\r\x1b[2K"

/** Progress on a stream. Away from a terminal only what differs in words, not in figures, gets a new line. */
export const make = (out: NodeJS.WriteStream): Progress => {
  const write = (text: string) => Effect.sync(() => void out.write(text))
  if (out.isTTY) {
    return { done: write(clearLine), show: (text) => write(clearLine + text.slice(0, (out.columns || 80) - 1)) }
  }
  let last = ""
  return {
    done: Effect.void,
    show: (text) => {
      const words = text.replaceAll(/[\d.]+/g, "")
      if (words === last) return Effect.void
      last = words
      return write(text + "\n")
    }
  }
}
