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
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import { constants } from "node:os"
import { linesOf } from "../watch/journal.ts"
import * as findings from "./doctor/findings.ts"
import * as report from "./doctor/report.ts"
import * as sources from "./doctor/sources.ts"
import { durationMs } from "./durationFlag.ts"
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
    Flag.withDescription("Count the stalls of code in node_modules that no line of the program called too")
  ),
  junit: Flag.String("junit").pipe(
    Flag.withMetavar("file"),
    Flag.optional,
    Flag.withDescription("Also write the report to this file, as JUnit XML")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print the report as JSON; the program's own output goes to standard error")
  ),
  failOnLints: Flag.Boolean("fail-on-lints").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Count the findings of the lints at the end (fibers that leak, deadlock, poll …) as faults too"
    )
  ),
  reportOnly: Flag.Boolean("report-only").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Exit with the program's own exit code, even if there are faults")
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

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"

/** The module that supervises a Node process. As a URL, since a path may have spaces. */
const preload = new URL(`../entry/doctor${extension}`, import.meta.url).href

/**
 * How long the program may take to end after Ctrl-C before it is killed, since its loop may be stuck, and how long the rest of
 * its output is waited for when it has ended.
 */
const patience = "5 seconds"

const nodeOptions = (): string =>
  [
    process.env["NODE_OPTIONS"] ?? "",
    // the doctor itself may run from sources
    ...process.execArgv.filter((option) => option.startsWith("--conditions=")),
    `--import=${preload}`
  ]
    .join(" ")
    .trim()

const isModule = (file: string): boolean => /\.[cm]?[jt]sx?$/.test(file)

/** The exit code that shells give to a program that a signal ended. Effect tells the signal in the text of the cause only. */
const codeOfSignal = (error: PlatformError): Effect.Effect<number, PlatformError> => {
  const name = /signal: '(\w+)'/.exec(String(error.cause))?.[1]
  const number = name === undefined ? undefined : constants.signals[name as NodeJS.Signals]
  return number === undefined ? Effect.fail(error) : Effect.succeed(128 + number)
}

/** The program's exit code; 128 and more as shells have it, if a signal ended it. */
const runIn = Effect.fnUntraced(function* (
  folder: string,
  command: string,
  args: ReadonlyArray<string>,
  budgetMs: number,
  json: boolean
) {
  const child = yield* ChildProcess.make(command, args, {
    stdin: "inherit",
    stdout: json ? "pipe" : "inherit",
    stderr: "inherit",
    extendEnv: true,
    env: { NODE_OPTIONS: nodeOptions(), GIVEWAY_DOCTOR: folder, GIVEWAY_DOCTOR_BUDGET: String(budgetMs) },
    // in the doctor's own group, so that Ctrl-C reaches both
    detached: false,
    forceKillAfter: patience
  })
  const ended = child.exitCode.pipe(Effect.catch(codeOfSignal))
  if (!json) return yield* ended
  // standard output is for the report
  const forwarded = Stream.runForEach(child.stdout, (bytes) => Effect.sync(() => process.stderr.write(bytes)))
  const forwarding = yield* Effect.forkChild(forwarded)
  const exitCode = yield* ended
  // a process that the program left behind may hold its output open for ever
  yield* Effect.timeoutOption(Fiber.join(forwarding), patience)
  return exitCode
})

/** Between the end of the output and that of this process, ms, in case that a pipe still holds it. A guess: nothing is left to do. */
const leaveMs = 200

/** Ends this process also if a process that the program left behind holds the pipe of its output. */
const leave = Effect.sync(() => {
  process.stdout.write("", () => void setTimeout(() => process.exit(), leaveMs).unref())
})

export const doctor = Command.make(
  "doctor",
  { ...flags, ...operands },
  Effect.fnUntraced(
    function* ({ args, budget, dependencies, failOnLints, file, grace, json, junit, reportOnly }) {
      const fileSystem = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = yield* fileSystem.makeTempDirectoryScoped({ prefix: "giveway-doctor-" })
      const [command, operands] = isModule(file) ? [process.execPath, [file, ...args]] : [file, args]
      // a folder that cannot be made is told before the program runs, not after it
      if (Option.isSome(junit)) yield* fileSystem.makeDirectory(path.dirname(junit.value), { recursive: true })
      const begun = performance.now()
      const limits = { budgetMs: budget, graceMs: grace, dependencies }

      const conclude = Effect.fnUntraced(function* (code: number | undefined) {
        const names = yield* fileSystem.readDirectory(folder)
        const processes = yield* Effect.forEach(names, (name) =>
          Effect.map(fileSystem.readFileString(path.join(folder, name)), linesOf)
        )
        const found = findings.find(processes, limits, sources.make())
        const run = { command: [file, ...args].join(" "), ...limits, tookMs: performance.now() - begun, failOnLints }
        if (json) yield* printed.json(report.json(found, run, code))
        else yield* printed.err(report.render(found, run, process.stderr))
        if (Option.isSome(junit)) yield* fileSystem.writeFileString(junit.value, report.junit(found, run))
        if (processes.length === 0) {
          yield* printed.err(
            `giveway doctor: \`${safeLine(file)}\` started no Node process, so nothing was watched: name a program or a command that runs Node`
          )
        }
        const broken =
          processes.length === 0 ||
          found.unwatched.length > 0 ||
          findings.faults(found).length > 0 ||
          (failOnLints && found.lints.length > 0)
        return code !== 0 ? code : broken && !reportOnly ? 1 : 0
      })

      const exitCode = yield* Effect.scoped(runIn(folder, command, operands, budget, json)).pipe(
        Effect.catch((error) => Effect.as(printed.err(`giveway doctor: ${error.message}`), undefined)),
        Effect.onInterrupt(() => Effect.ignore(conclude(undefined)))
      )
      const code = yield* conclude(exitCode)
      yield* Effect.sync(() => void (process.exitCode = code ?? 1))
    },
    Effect.scoped,
    Effect.tap(leave)
  )
).pipe(
  Command.withDescription(
    `Runs a program or a test command and reports the stalls of its event loops past the budget: the cause, the fiber or function, the line, and the fix, once for each fault. It watches every Node process that the command starts, also those without Giveway. It exits with the program's own exit code, or with 1 if that is 0 and there is a fault.

When a process ends, the lints check its fibers once. Their findings are listed, and count with --fail-on-lints only.

Listed, but not counted: blocking that the program allows (Supervision.allowBlocking) and jobs that TestCompute runs inline; the loading of modules; what a dependency does that no line of the program called (--dependencies counts it); and stalls that the program did not cause (garbage collection, a machine without a free core, a stopped process).

Exit codes: 0, the program ended with 0 and there is no fault. The program's own, if it is not 0. 1, there is a fault, or nothing could be watched. 130, Ctrl-C; the report comes all the same. 128 and the signal's number, if a signal ended the program.`
  ),
  Command.withShortDescription("Runs a program or its tests, and reports the stalls of its event loop"),
  Command.withExamples([
    { command: "giveway doctor src/main.ts", description: "A program, until it ends or Ctrl-C" },
    { command: "giveway doctor --budget 50ms --junit stalls.xml -- npx vitest run", description: "A CI check" },
    { command: "giveway doctor --json src/main.ts -- --port 8080", description: "For scripts" }
  ])
)
