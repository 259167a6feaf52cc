/**
 * A measured process that lives through many rounds: it answers each line on its standard input with one line of JSON,
 * and leaves when its input ends. So two of them, one a side, can take turns with their code long compiled.
 */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export interface Asked {
  /** The next line that it prints. It rejects when the process ends instead. */
  readonly next: () => Promise<unknown>
  /** Says `line`, and waits for the answer. */
  readonly ask: (line: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

/** Starts the script beside this file. */
export const start = (script: string, args: ReadonlyArray<string>): Asked => {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], { stdio: ["pipe", "pipe", "inherit"] })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const line = await lines.next()
    if (line.done === true) throw new Error(`${script} ${args.join(" ")} ended before it answered`)
    return JSON.parse(line.value)
  }
  return {
    next,
    ask: (line) => {
      child.stdin.write(`${line}\n`)
      return next()
    },
    end: () => {
      child.stdin.end()
      return ended
    }
  }
}
