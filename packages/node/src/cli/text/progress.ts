/**
 * How far a long piece of work is, in one line on standard error that is written over, and taken away at the end. On a terminal only,
 * and only if the work is long.
 */
import { paint } from "./colours.ts"

/** Work that ends within this time, ms, needs no line. */
const patientMs = 500

/** Between two changes of the line, ms. */
const everyMs = 100

interface Progress {
  readonly at: (done: number) => void
  readonly end: () => void
}

export const makeProgress = (total: number, stream: NodeJS.WriteStream = process.stderr): Progress => {
  if (!stream.isTTY || process.env["TERM"] === "dumb") return { at: () => {}, end: () => {} }
  let next = performance.now() + patientMs
  let isShown = false
  const write = (line: string): void => void stream.write(`\r${line}\x1b[K`)
  return {
    at: (done) => {
      const now = performance.now()
      if (now < next) return
      next = now + everyMs
      isShown = true
      write(paint("gray", `${done} of ${total} files`, stream))
    },
    end: () => {
      if (isShown) write("")
    }
  }
}
