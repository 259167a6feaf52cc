/**
 * SIGUSR2 prints the fibers, unless it means something else in this process:
 *
 * - The program listens for it: then it is the program's.
 * - nodemon has started the program: it sends SIGUSR2 to end it, and starts it again when it has ended. So the signal ends the process, as it
 *   does in a process where nobody listens.
 *
 * nodemon is looked for among the parents at the start: a shell between the two ends before the signal comes. Where that takes a process,
 * without Linux' `/proc`, it is looked for when the signal comes, which finds a nodemon without a shell.
 *
 * Rejected: no listener by default (a stuck service is asked for its fibers when nobody prepared it).
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import * as processSignals from "./processSignals.ts"

export const signal = "SIGUSR2"

const hasProc = process.platform === "linux"

interface Ancestor {
  readonly parent: number
  /** its command line, in words */
  readonly words: ReadonlyArray<string>
}

const fromProc = (pid: number): Ancestor => {
  // the name of a program, in parentheses, may have blanks and parentheses of its own
  const after = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  return { parent: Number(after.split(" ")[1]), words }
}

const fromPs = (pid: number): Ancestor => {
  const [parent = "0", ...words] = execFileSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/)
  return { parent: Number(parent), words }
}

const read = hasProc ? fromProc : fromPs

/** nodemon starts the program itself, or through a shell. */
const generations = 2

/** The command itself, or the script of `node --flag nodemon.js`. */
const isNodemon = ({ words: [command = "", ...args] }: Ancestor): boolean =>
  [command, args.find((word) => !word.startsWith("-")) ?? ""].some((word) => /^nodemon(\.js)?$/.test(basename(word)))

const isUnderNodemon = (): boolean => {
  let pid = process.ppid
  try {
    for (let generation = 0; generation < generations && pid > 1; generation++) {
      const ancestor = read(pid)
      if (isNodemon(ancestor)) return true
      pid = ancestor.parent
    }
  } catch {
    // no permission, no ps, or the parent is gone
  }
  return false
}

let underNodemon: boolean | undefined

/** Call it at the start. */
export const prepare = (): void => {
  if (hasProc) underNodemon ??= isUnderNodemon()
}

/** Whether the signal that has come asks for the fibers. Under nodemon it ends the process. */
export const asksForFibers = (): boolean => {
  if (processSignals.isHeardByOthers(signal)) return false
  if (!(underNodemon ??= isUnderNodemon())) return true
  processSignals.endBy(signal)
  return false
}
