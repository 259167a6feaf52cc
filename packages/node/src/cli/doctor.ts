/**
 * `giveway doctor FILE`: stalls as a CI check. Runs a program or a test command, with supervision in each of its Node
 * processes, and reports each stall past the budget with its line, cause and fix.
 *
 * Standard input, output and errors stay the program's own. The report comes when the program has ended, also after Ctrl-C.
 *
 * Decision 0080.
 */
import { safeLine } from "@giveway/core/Sysmon"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import { linesOf } from "../watch/journal.ts"
import * as findings from "./doctor/findings.ts"
import * as report from "./doctor/report.ts"
import * as sources from "./doctor/sources.ts"
import * as watched from "./doctor/watched.ts"
import { durationMs } from "./durationFlag.ts"
import * as entryFile from "./entryFile.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import * as printed from "./text/printed.ts"

const duration = (name: string, standard: string, leastMs: number, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription(description),
    Flag.withDefault(standard),
    Flag.filterMap(
      (text) => Option.filter(Option.fromUndefinedOr(durationMs(text)), (ms) => ms >= leastMs),
      (text) =>
        `--${name} is "${text}", but must be a duration of at least ${leastMs} ms, such as 50 (milliseconds), 50ms or 2s`
    )
  )

const flags = {
  budget: duration("budget", "20ms", 10, "How long an event loop may be held (default 20ms, at least 10ms)"),
  grace: duration(
    "grace",
    "0ms",
    0,
    "A stall that begins within this time of a process's start is listed, not counted (default 0ms: only the loading of modules is excused)"
  ),
  dependencies: Flag.Boolean("dependencies").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Count the stalls of code in node_modules too that no line of the program called (default: listed only)"
    )
  ),
  junit: Flag.String("junit").pipe(
    Flag.withMetavar("file"),
    Flag.optional,
    Flag.withDescription("Also write the report to this file, as JUnit XML; its folder is made (default: no file)")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Print the report as one JSON object; the program's own output goes to standard error (default: text)"
    )
  ),
  failOnLints: Flag.Boolean("fail-on-lints").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Count the findings of the lints at the end (fibers that leak, deadlock, poll …) as faults too (default: listed only)"
    )
  ),
  reportOnly: Flag.Boolean("report-only").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Exit with the program's own exit code, even if there are faults (default: 1 if there are)")
  )
}

const operands = {
  file: Argument.String("file").pipe(
    Argument.withDescription("A JavaScript or TypeScript program, or any command, such as npx")
  ),
  args: Argument.String("args").pipe(
    Argument.variadic(),
    Argument.withDescription("Its arguments; put -- before the first that begins with -")
  )
}

/** Between the end of the output and that of this process, ms, in case that a pipe still holds it. A guess: nothing is left to do. */
const leaveMs = 200

/** Ends this process also if a process that the program left behind holds the pipe of its output. */
const leave = Effect.sync(() => {
  process.stdout.write("", () => void setTimeout(() => process.exit(), leaveMs).unref())
})

/** The reason of the system, without the names of methods. */
const reasonOf = ({ message, reason }: PlatformError): string =>
  reason.cause instanceof Error ? reason.cause.message : message

const objection = (sentence: string): Effect.Effect<void> =>
  Effect.andThen(
    printed.err(safeLine(`giveway doctor: ${sentence}`)),
    Effect.sync(() => void (process.exitCode = exitCodes.misused))
  )

/** A person sees that something waits, and for which reason. */
const announce = (command: string, budgetMs: number): Effect.Effect<void> =>
  process.stderr.isTTY
    ? printed.err(
        safeLine(
          `giveway doctor: watching ${command} with a budget of ${budgetMs} ms; the report comes at its end, or at Ctrl-C`
        )
      )
    : Effect.void

/** A folder for the journals, until the scope closes; a sentence if there can be none. */
const folders = Effect.fnUntraced(function* (junit: Option.Option<string>) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  // a folder that cannot be made is told before the program runs, not after it
  if (Option.isSome(junit)) {
    yield* fileSystem
      .makeDirectory(path.dirname(junit.value), { recursive: true })
      .pipe(Effect.mapError((error) => `--junit ${junit.value} cannot be written: ${reasonOf(error)}`))
  }
  return yield* fileSystem
    .makeTempDirectoryScoped({ prefix: "giveway-doctor-" })
    .pipe(Effect.mapError((error) => `the temporary folder cannot be used (see TMPDIR): ${reasonOf(error)}`))
})

export const doctor = Command.make(
  "doctor",
  { ...flags, ...operands },
  Effect.fnUntraced(
    function* ({ args, budget, dependencies, failOnLints, file, grace, json, junit, reportOnly }) {
      const fileSystem = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const wrong = watched.isModule(file) ? entryFile.objectionTo(file) : undefined
      if (wrong !== undefined) return yield* objection(wrong)
      const folder = yield* Effect.result(folders(junit))
      if (Result.isFailure(folder)) return yield* objection(folder.failure)
      const begun = performance.now()
      const limits = { budgetMs: budget, graceMs: grace, dependencies }
      const command = [file, ...args].join(" ")

      const conclude = Effect.fnUntraced(function* (code: number | undefined) {
        const names = yield* fileSystem.readDirectory(folder.success)
        const processes = yield* Effect.forEach(names, (name) =>
          Effect.map(fileSystem.readFileString(path.join(folder.success, name)), linesOf)
        )
        const found = findings.find(processes, limits, sources.make())
        const run = { command, ...limits, tookMs: performance.now() - begun, failOnLints }
        const unwritten = Option.isNone(junit)
          ? undefined
          : yield* fileSystem.writeFileString(junit.value, report.junit(found, run)).pipe(
              Effect.as(undefined),
              Effect.catch((error) => Effect.succeed(`--junit ${junit.value} cannot be written: ${reasonOf(error)}`))
            )
        const broken =
          processes.length === 0 ||
          found.unwatched.length > 0 ||
          found.cut > 0 ||
          findings.faults(found).length > 0 ||
          (failOnLints && found.lints.length > 0)
        // before the output: a reader that closes the pipe ends this process
        process.exitCode =
          code !== 0 && code !== undefined
            ? code
            : unwritten !== undefined || (broken && !reportOnly)
              ? exitCodes.found
              : exitCodes.fine
        if (json) yield* printed.json(report.json(found, run, code))
        else yield* printed.err(report.render(found, run, process.stderr))
        if (unwritten !== undefined) yield* printed.err(safeLine(`giveway doctor: ${unwritten}`))
        if (processes.length === 0) {
          yield* printed.err(
            `giveway doctor: \`${safeLine(file)}\` started no Node process, so nothing was watched: name a program or a command that runs Node`
          )
        }
      })

      yield* announce(command, budget)
      yield* watched.run(file, args, { folder: folder.success, budgetMs: budget, json }).pipe(
        Effect.onInterrupt(() => Effect.ignore(conclude(undefined))),
        Effect.matchEffect({ onFailure: objection, onSuccess: conclude })
      )
    },
    Effect.scoped,
    Effect.tap(leave)
  )
).pipe(
  Command.withDescription(
    `Runs a program or a test command and reports the stalls of its event loops past the budget: the cause, the fiber or function, the line, and the fix, once for each fault. It watches every Node process that the command starts, also those without Giveway. It exits with the program's own exit code, or with 1 if that is 0 and there is a fault.

When a process ends, the lints check its fibers once. Their findings are listed, and count with --fail-on-lints only.

Listed, but not counted: blocking that the program allows (Supervision.allowBlocking) and jobs that TestCompute runs inline; the loading of modules; what a dependency does that no line of the program called (--dependencies counts it); and stalls that the program did not cause (garbage collection, a machine without a free core, a stopped process).

Ctrl-C and SIGTERM go on to the program, which is killed if it has not ended after 5 s; the report comes all the same. The second one kills it at once.`
  ),
  Command.withShortDescription("Runs a program or its tests, and reports the stalls of its event loop"),
  Command.withExamples([
    { command: "giveway doctor src/main.ts", description: "A program, until it ends or Ctrl-C" },
    { command: "giveway doctor --budget 50ms --junit stalls.xml -- npx vitest run", description: "A CI check" },
    { command: "giveway doctor --json src/main.ts -- --port 8080", description: "For scripts" }
  ])
)
