/**
 * A side under HTTP load, measured.
 */
import { Effect } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import type { LoadResult } from "../load/LoadReport.ts"
import { runLoad } from "../load/runLoad.ts"
import type { Form } from "./Scenario.ts"
import { ScenarioFailed } from "./Scenario.ts"
import * as side from "./side.ts"

export interface Load {
  readonly program: URL
  readonly args: ReadonlyArray<string>
  readonly command?: string
  readonly lightPerSecond: number
  /** heavy requests: so many connections that always want the next answer, or so many a second */
  readonly heavyConnections?: number
  readonly heavyPerSecond?: number
  readonly heavyPath?: string
}

/** Connections for light requests: enough for all that are due in a stall of a second and more. */
const lightConnections = 512

const windows = { full: { warmupMs: 1500, measureMs: 4000 }, short: { warmupMs: 500, measureMs: 1200 } } as const

export interface Measured {
  readonly result: LoadResult
  /** what the side said on standard error */
  readonly said: string
}

/** Starts the side, loads it, and ends it. */
export const measured = (
  load: Load,
  form: Form,
  tell: (text: string) => Effect.Effect<void>
): Effect.Effect<Measured, ScenarioFailed, ChildProcessSpawner.ChildProcessSpawner> =>
  Effect.scoped(
    Effect.gen(function* () {
      const {
        args,
        command,
        heavyConnections = 0,
        heavyPath = "/work",
        heavyPerSecond = 0,
        lightPerSecond,
        program
      } = load
      const { first, said } = yield* side.start({ program, args, ...(command === undefined ? {} : { command }) })
      const plan = {
        ...windows[form],
        host: "127.0.0.1",
        port: Number(first["port"]),
        lightPerSecond,
        lightPath: "/ping",
        lightConnections,
        heavyConnections,
        heavyPaths: [heavyPath],
        heavyPerSecond,
        statsPath: "/stats",
        drainMs: form === "short" ? 500 : 3000
      }
      const result = yield* runLoad(plan, ({ leftMs, phase }) =>
        tell(`${args.join(" ")}: ${phase}, ${Math.ceil(leftMs / 1000)} s left`)
      )
      return { result, said: yield* said }
    })
  ).pipe(Effect.catchTag("LoadFailed", (cause) => Effect.fail(new ScenarioFailed({ cause, message: cause.message }))))

const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(3)))

/** The figures that most scenarios show. */
export const figuresOf = ({ result: { cpu, heavy, light } }: Measured) => ({
  lightP50Ms: rounded(light.p50Ms),
  lightP99Ms: rounded(light.p99Ms),
  lightMaxMs: rounded(light.maxMs),
  heavyPerSecond: rounded(heavy.perSecond),
  cpuPercent: rounded(cpu.allPercent),
  unanswered: light.unanswered
})

/** How many times `a` is `b`, with three digits. A latency that could not be measured counts as the window. */
export const times = (a: number | null, b: number | null): number =>
  Number(((a ?? 10_000) / (b ?? 10_000)).toPrecision(3))
