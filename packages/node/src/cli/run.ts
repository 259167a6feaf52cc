/**
 * `giveway run FILE`: a program under Node with the compiler's hook, in place of `node --import @giveway/node/register FILE`.
 *
 * The program has a process of its own, and the command ends as that ends: with its exit code, or 128 and the number of its signal. A
 * signal to the command goes on to the program. Ctrl-C in a terminal reaches both by itself, since they are one group; to send it on
 * would make two of one.
 *
 * Rejected: the program in this process. It would have the arguments and the signal handlers of the command.
 */
import { safeLine } from "@giveway/core/Sysmon"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { statSync } from "node:fs"
import { constants } from "node:os"
import * as printed from "./text/printed.ts"

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"

/** The compiler's hook. As a URL, since a path may have spaces. */
const hook = new URL(`../compiler/host/register${extension}`, import.meta.url).href

/** What a process can be asked by a signal: to end, to show its fibers, to open its inspector. */
const passedOn = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const satisfies ReadonlyArray<NodeJS.Signals>

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** Runs it, and leaves this process as it ends. An interruption waits for that: the signal that caused it has reached the program. */
const runToItsEnd = (nodeArgs: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.callback<void>((resume) => {
      const child = spawn(process.execPath, nodeArgs, { stdio: "inherit" })
      const signals: ReadonlyArray<NodeJS.Signals> = process.stdin.isTTY ? passedOn : [...passedOn, "SIGINT"]
      for (const signal of signals) process.on(signal, () => void child.kill(signal))
      child.once("error", (error) => {
        process.exitCode = 1
        resume(printed.err(`giveway run: ${error.message}`))
      })
      child.once("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal!]))
    })
  )

export const run = Command.make(
  "run",
  {
    watch: Flag.Boolean("watch").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Start it again when one of its files changes")
    ),
    file: Argument.String("file").pipe(Argument.withDescription("A JavaScript or TypeScript program")),
    args: Argument.String("args").pipe(
      Argument.variadic(),
      Argument.withDescription("Its arguments; put -- before the first that begins with -")
    )
  },
  Effect.fnUntraced(function* ({ args, file, watch }) {
    if (!isFile(file)) {
      process.exitCode = 1
      return yield* printed.err(
        `giveway run: there is no file ${safeLine(file)}: name the program's main module, such as src/main.ts`
      )
    }
    yield* runToItsEnd([
      // the command itself may run from sources
      ...process.execArgv.filter((option) => option.startsWith("--conditions=")),
      `--import=${hook}`,
      ...(watch ? ["--watch"] : []),
      file,
      ...args
    ])
  })
).pipe(
  Command.withDescription(
    `Runs a program with the compiler's hook: what is marked Pure runs in slices, and Compute.fn finds its work. The same as
node --import @giveway/node/register FILE. Options for Node itself go into NODE_OPTIONS.

Exit codes: the program's own. 128 and the signal's number, if a signal ended it. 1, there is no such file.`
  ),
  Command.withShortDescription("Runs a program with yield points and work cut out in place"),
  Command.withExamples([
    { command: "giveway run src/main.ts", description: "A program, until it ends or Ctrl-C" },
    { command: "giveway run --watch src/main.ts -- --port 8080", description: "Again at each change; with an argument" }
  ])
)
