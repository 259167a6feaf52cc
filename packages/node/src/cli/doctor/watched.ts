/**
 * Runs a program or a command with supervision in each of its Node processes. Standard input, output and errors stay the program's
 * own; if the report goes to standard output, the program's goes to standard error.
 */
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import * as program from "../shell/program.ts"

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"

/** The module that supervises a Node process. As a URL, since a path may have spaces. */
const preload = new URL(`../../entry/doctor${extension}`, import.meta.url).href

/**
 * How long the program may take to end after Ctrl-C before it is killed, since its loop may be stuck, and how long the rest of
 * its output is waited for when it has ended.
 */
const patienceMs = 5000

const nodeOptions = (): string =>
  [
    process.env["NODE_OPTIONS"] ?? "",
    // the doctor itself may run from sources
    ...process.execArgv.filter((option) => option.startsWith("--conditions=")),
    `--import=${preload}`
  ]
    .join(" ")
    .trim()

export const isModule = (file: string): boolean => /\.[cm]?[jt]sx?$/.test(file)

/** Why the command cannot be run. Shells say it in the same words. */
const whyNot = (command: string, { code, message }: NodeJS.ErrnoException): string =>
  code === "ENOENT"
    ? `there is no command ${command}: name a program, or a command on PATH, such as npx`
    : code === "EACCES"
      ? `${command} may not be executed: name a program, or a command such as npx`
      : message

interface Options {
  /** for the journals */
  readonly folder: string
  readonly budgetMs: number
  /** whether standard output is for the report */
  readonly json: boolean
}

/** The program's exit code; 128 and more as shells have it, if a signal ended it. Fails with a sentence if it cannot be started. */
export const run = Effect.fnUntraced(function* (
  file: string,
  args: ReadonlyArray<string>,
  { budgetMs, folder, json }: Options
) {
  const [command, operands] = isModule(file) ? [process.execPath, [file, ...args]] : [file, args]
  let output: Readable | null = null
  const exitCode = yield* program
    .run(command, operands, {
      by: "doctor",
      stdio: ["inherit", json ? "pipe" : "inherit", "inherit"],
      env: {
        ...process.env,
        NODE_OPTIONS: nodeOptions(),
        GIVEWAY_DOCTOR: folder,
        GIVEWAY_DOCTOR_BUDGET: String(budgetMs)
      },
      patienceMs,
      onSpawn: ({ stdout }) => {
        output = stdout
        stdout?.pipe(process.stderr, { end: false })
      }
    })
    .pipe(Effect.mapError((error) => whyNot(command, error)))
  // a process that the program left behind may hold its output open for ever
  if (output !== null) yield* Effect.timeoutOption(ended(output), patienceMs)
  return exitCode
})

const ended = (stream: Readable): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (stream.readableEnded || stream.destroyed) return resume(Effect.void)
    stream.once("close", () => resume(Effect.void))
  })
