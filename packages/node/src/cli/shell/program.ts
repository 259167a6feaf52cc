/**
 * A program that the command runs in a process of its own: signals go on to it, the command waits for its end, and it is never
 * left behind.
 *
 * Ctrl-C in a terminal reaches both by itself, since they are one group; to send it
 * on would make two of one.
 *
 * Rejected: Effect's `ChildProcess`. When the command is interrupted it sends SIGTERM at once to a program that has SIGINT already, and
 * it kills the process that it started without that one's children.
 */
import { spawn } from "node:child_process"
import type { ChildProcess, StdioOptions } from "node:child_process"
import * as Effect from "effect/Effect"
import * as standardError from "../../output/standardError.ts"
import * as exitCodes from "./exitCodes.ts"
import * as processTree from "./processTree.ts"
import { atTheLatest } from "./runMain.ts"

export interface Options {
  /** the name of the command, for its lines */
  readonly by: string
  readonly stdio: StdioOptions
  readonly env?: NodeJS.ProcessEnv
  /** signals that go on and mean no end */
  readonly signals?: ReadonlyArray<NodeJS.Signals>
  /** how long it may take to end after the first signal, ms; without it, as long as it likes */
  readonly patienceMs?: number
  readonly onSpawn?: (child: ChildProcess) => void
}

/** The signals that ask a program to end. The second one ends this process, see `runMain.ts`. */
const endings = ["SIGINT", "SIGTERM"] as const

/** After so much time, ms, a person wonders why nothing happens. A guess. */
const wonderingMs = 1000

const remind = ({ by, patienceMs }: Options): void => {
  if (!process.stderr.isTTY) return
  const limit = patienceMs === undefined ? "" : `, ${patienceMs / 1000} s at most`
  standardError.print(`giveway ${by}: waiting for the program to end${limit}; Ctrl-C again kills it`)
}

/** Its exit code, or 128 and the number of the signal that ended it. Fails if it cannot be started. An interruption waits for its end. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: Options
): Effect.Effect<number, NodeJS.ErrnoException> =>
  Effect.callback((resume) => {
    const child = spawn(command, args, { stdio: options.stdio, ...(options.env && { env: options.env }) })
    const kill = (): void => {
      if (child.pid !== undefined) processTree.kill(child.pid)
    }
    const last = atTheLatest(kill)
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
    const timers: Array<NodeJS.Timeout> = []
    const askToEnd = (signal: NodeJS.Signals): void => {
      if (timers.length > 0) return
      timers.push(setTimeout(remind, wonderingMs, options))
      if (options.patienceMs !== undefined) timers.push(setTimeout(kill, options.patienceMs))
      if (signal !== "SIGINT" || !process.stdin.isTTY) pass(signal)
    }
    const others = ["SIGHUP", ...(options.signals ?? [])] as const
    for (const signal of endings) process.on(signal, askToEnd)
    for (const signal of others) process.on(signal, pass)
    const ended = new Promise<void>((resolve) => {
      const end = (result: Effect.Effect<number, NodeJS.ErrnoException>): void => {
        for (const signal of endings) process.off(signal, askToEnd)
        for (const signal of others) process.off(signal, pass)
        timers.forEach(clearTimeout)
        last.takeBack()
        resolve()
        resume(result)
      }
      // a signal that could not be sent is an error, too
      child.on("error", (error) => child.pid === undefined && end(Effect.fail(error)))
      child.once("exit", (code, signal) => end(Effect.succeed(code ?? exitCodes.ofSignal(signal!))))
    })
    options.onSpawn?.(child)
    return Effect.promise(() => ended)
  })
