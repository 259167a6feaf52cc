/**
 * Starts one side of a scenario in a process of its own, and reads the lines that it prints.
 */
import { Deferred, Effect, Ref, Stream } from "effect"
import type { Scope } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { ScenarioFailed } from "./Scenario.ts"

/** The compiler's hook, for sides with yield points. */
const register = import.meta.resolve("@giveway/node/register")

export interface Side {
  /** the object that it printed first */
  readonly first: { readonly [name: string]: unknown }
  /** all that it has printed on standard error so far */
  readonly said: Effect.Effect<string>
}

interface Options {
  /** the program's URL */
  readonly program: URL
  readonly args: ReadonlyArray<string>
  /** `python3`, say; default: this Node, with yield points */
  readonly command?: string
}

const jsonOf = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** Starts it, and waits for the first line of JSON that it prints. It ends with the scope. */
export const start = ({
  args,
  command,
  program
}: Options): Effect.Effect<Side, ScenarioFailed, ChildProcessSpawner.ChildProcessSpawner | Scope.Scope> =>
  Effect.gen(function* () {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const path = fileURLToPath(program)
    const own = [...process.execArgv, `--import=${register}`, path, ...args]
    const handle = yield* spawner.spawn(
      command === undefined
        ? ChildProcess.make(process.execPath, own, { forceKillAfter: "3 seconds" })
        : ChildProcess.make(command, [path, ...args], { forceKillAfter: "3 seconds" })
    )
    const said = yield* Ref.make("")
    yield* handle.stderr.pipe(
      Stream.decodeText(),
      Stream.runForEach((text) => Ref.update(said, (before) => (before + text).slice(-100_000))),
      Effect.forkScoped
    )
    const first = yield* Deferred.make<Readonly<Record<string, unknown>>>()
    // read to the end: a pipe that nobody empties would block the side once it is full
    yield* handle.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => {
        const value = jsonOf(line)
        return value === undefined ? Effect.void : Deferred.succeed(first, value)
      }),
      Effect.forkScoped
    )
    const ended = Effect.gen(function* () {
      const code = yield* handle.exitCode
      // its last line may still be on its way
      yield* Effect.sleep("200 millis")
      const message = `${path} ${args.join(" ")} ended with code ${code} before it said anything: ${yield* Ref.get(said)}`
      return yield* new ScenarioFailed({ message })
    })
    return { first: yield* Effect.raceFirst(Deferred.await(first), ended), said: Ref.get(said) }
  }).pipe(
    Effect.catchTag("PlatformError", (cause: PlatformError) =>
      Effect.fail(new ScenarioFailed({ cause, message: `a side could not be started: ${cause.message}` }))
    )
  )

/** Whether a command is on this machine. */
export const isHere = (command: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)))
