/**
 * `giveway run FILE`: a program under Node with the compiler's hook, in place of `node --import @giveway/node/register FILE`.
 *
 * The program has a process of its own, and the command ends as that ends: with its exit code, or 128 and the number of its signal.
 *
 * Rejected: the program in this process. It would have the arguments and the signal handlers of the command.
 */
import { safeLine } from "@giveway/core/Sysmon"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as entryFile from "./entryFile.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import * as program from "./shell/program.ts"
import * as printed from "./text/printed.ts"

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"

/** The compiler's hook. As a URL, since a path may have spaces. */
const hook = new URL(`../compiler/host/register${extension}`, import.meta.url).href

/** Asks a process to open its inspector, to show its fibers. */
const signals = ["SIGUSR1", "SIGUSR2"] as const satisfies ReadonlyArray<NodeJS.Signals>

export const run = Command.make(
  "run",
  {
    watch: Flag.Boolean("watch").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Start it again when one of its files changes (default: off)")
    ),
    file: Argument.String("file").pipe(Argument.withDescription("A JavaScript or TypeScript program")),
    args: Argument.String("args").pipe(
      Argument.variadic(),
      Argument.withDescription("Its arguments; put -- before the first that begins with -")
    )
  },
  Effect.fnUntraced(function* ({ args, file, watch }) {
    const objection = entryFile.objectionTo(file)
    if (objection !== undefined) {
      process.exitCode = exitCodes.misused
      return yield* printed.err(safeLine(`giveway run: ${objection}`))
    }
    const nodeArgs = [
      // the command itself may run from sources
      ...process.execArgv.filter((option) => option.startsWith("--conditions=")),
      `--import=${hook}`,
      ...(watch ? ["--watch"] : []),
      file,
      ...args
    ]
    // an interruption does not cut the wait short: the signal that caused it has reached the program, whose exit code counts
    yield* program.run(process.execPath, nodeArgs, { by: "run", stdio: "inherit", signals }).pipe(
      Effect.flatMap((code) => Effect.sync(() => process.exit(code))),
      Effect.catch((error) =>
        Effect.andThen(
          printed.err(`giveway run: ${error.message}`),
          Effect.sync(() => void (process.exitCode = exitCodes.defect))
        )
      ),
      Effect.uninterruptible
    )
  })
).pipe(
  Command.withDescription(
    `Runs a program with the compiler's hook, until it ends: functions marked Pure run in slices, and Compute.fn finds its work. The same as node --import @giveway/node/register FILE. Options for Node itself go into NODE_OPTIONS.

Ctrl-C and SIGTERM go on to the program, and the command waits for its end. The second one kills the program and all that it started.`
  ),
  Command.withShortDescription("Runs a program with yield points and work cut out in place"),
  Command.withExamples([
    { command: "giveway run src/main.ts", description: "A program, until it ends or Ctrl-C" },
    { command: "giveway run --watch src/main.ts -- --port 8080", description: "Again at each change; with an argument" }
  ])
)
