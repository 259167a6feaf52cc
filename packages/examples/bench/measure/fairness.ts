/**
 * One side of the benchmark `fairness`, in a process of its own: argument `default` or `ours`. For each name of a case that it is sent, it
 * runs that case once and sends back what it measured.
 */
import { FairScheduler } from "@giveway/core"
import { Effect, Fiber, Scheduler } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { quantile } from "../statistics.ts"

// --- what is measured -----------------------------------------------------------------------------------------------

/** Runs the part of a program that counts, with the probe beside it. */
type Measure = (work: Effect.Effect<unknown>) => Effect.Effect<void>

export interface Case {
  readonly name: string
  readonly rounds: number
  readonly program: (measure: Measure) => Effect.Effect<void>
  /** the stall is one operation of Effect itself: not counted in the worst */
  readonly unsplittable?: boolean
}

/** The longest single step since it was last reset, ms. */
let longestStep = 0

const passed = (start: number): void => {
  longestStep = Math.max(longestStep, performance.now() - start)
}

/** A synchronous step of `ms`. */
const spin = (ms: number): void => {
  const start = performance.now()
  const end = start + ms
  while (performance.now() < end);
  passed(start)
}

const step = (ms: number): Effect.Effect<void> => Effect.sync(() => spin(ms))

/** About a microsecond of arithmetic, too short to be timed. */
const crunch = Effect.sync(() => {
  let x = 88172645
  for (let i = 0; i < 400; i++) {
    x ^= x << 13
    x ^= x >> 17
    x ^= x << 5
  }
  return x
})

const times = (n: number, effect: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let i = 0; i < n; i++) yield* effect
  })

/** `n` child fibers of `effect`, and all of them joined. */
const fibers = (n: number, effect: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const children: Array<Fiber.Fiber<unknown>> = []
    for (let i = 0; i < n; i++) children.push(yield* Effect.forkChild(effect))
    for (const child of children) yield* Fiber.join(child)
  })

const items = Array.from({ length: 100_000 }, (_, i) => i)

/** Notes how long Effect takes to call `f` for all items, if it does so in one operation. */
const spawning = <B>(f: Effect.Effect<B>): ((i: number) => Effect.Effect<B>) => {
  let start = 0
  return (i) => {
    if (i === 0) start = performance.now()
    if (i === items.length - 1) passed(start)
    return f
  }
}

const sleepers = 100_000

export const cases: ReadonlyArray<Case> = [
  {
    name: "1000 CPU fibers",
    rounds: 5,
    program: (measure) => measure(fibers(1000, times(400, crunch)))
  },
  {
    name: "one fiber of 1 ms sync steps",
    rounds: 5,
    program: (measure) => measure(times(400, step(1)))
  },
  {
    name: "a loop over resolved promises",
    rounds: 5,
    program: (measure) =>
      measure(
        times(
          1_000_000,
          Effect.promise(() => Promise.resolve())
        )
      )
  },
  {
    name: "200 fibers of {yieldNow; 1 ms}",
    rounds: 5,
    program: (measure) => measure(fibers(200, times(2, Effect.andThen(Effect.yieldNow, step(1)))))
  },
  {
    name: "forEach concurrency 100, 100,000 x 20 us",
    rounds: 3,
    program: (measure) => measure(Effect.forEach(items, () => step(0.02), { concurrency: 100, discard: true }))
  },
  {
    name: "2,000 timers due at once, 0.5 ms each",
    rounds: 3,
    program: (measure) => measure(fibers(2000, Effect.andThen(Effect.sleep(100), times(25, step(0.02)))))
  },
  {
    name: "100,000 sleeping fibers, 50 ms of work each 100 ms",
    rounds: 3,
    program: (measure) =>
      Effect.gen(function* () {
        for (let i = 0; i < sleepers; i++) yield* Effect.forkChild(Effect.sleep(60_000 + (i % 1000)))
        yield* Effect.sleep(10)
        yield* measure(
          Effect.gen(function* () {
            for (let period = 0; period < 8; period++) {
              const start = performance.now()
              yield* fibers(10, times(250, step(0.02)))
              yield* Effect.sleep(Math.max(1, 100 - (performance.now() - start)))
            }
          })
        )
      })
  },
  {
    name: "FairScheduler.forEach, 100,000 x 20 us",
    rounds: 3,
    program: (measure) => measure(FairScheduler.forEach(items, () => step(0.02), { discard: true }))
  },
  {
    name: "unbounded forEach, 100,000 x 20 us",
    rounds: 3,
    unsplittable: true,
    program: (measure) =>
      measure(
        Effect.suspend(() => Effect.forEach(items, spawning(step(0.02)), { concurrency: "unbounded", discard: true }))
      )
  },
  {
    name: "no starvation: fork, yield, join",
    rounds: 5,
    program: (measure) => measure(times(3000, fibers(50, times(2, Effect.yieldNow))))
  },
  {
    name: "no starvation: operations of one fiber",
    rounds: 5,
    program: (measure) =>
      measure(
        times(
          2_000_000,
          Effect.sync(() => undefined)
        )
      )
  }
]

// --- how ------------------------------------------------------------------------------------------------------------

export interface Measured {
  readonly p99: number
  readonly total: number
  readonly longestStep: number
}

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** Re-arms a 1 ms timer until stopped; `stop` waits for the firing that is due and returns each lateness, ms. */
const startProbe = (): (() => Promise<ReadonlyArray<number>>) => {
  const lateness: Array<number> = []
  let stopped: (() => void) | undefined
  const arm = (): void => {
    const due = performance.now() + 1
    setTimeout(() => {
      lateness.push(Math.max(0, performance.now() - due))
      if (stopped === undefined) arm()
      else stopped()
    }, 1)
  }
  arm()
  return () => new Promise((resolve) => (stopped = () => resolve(lateness)))
}

const measured = async (program: Case["program"], scheduler: Scheduler.Scheduler): Promise<Measured> => {
  collectGarbage()
  longestStep = 0
  let result: Measured | undefined
  const measure: Measure = (work) =>
    Effect.gen(function* () {
      const stop = startProbe()
      const start = performance.now()
      yield* work
      const total = performance.now() - start
      const longest = longestStep
      const lateness = yield* Effect.promise(stop)
      result = { p99: quantile(lateness, 0.99), total, longestStep: longest }
    })
  await Effect.runPromise(Effect.provideService(program(measure), Scheduler.Scheduler, scheduler))
  return result!
}

const make = (): Scheduler.Scheduler =>
  process.argv[2] === "ours" ? FairScheduler.make() : new Scheduler.MixedScheduler()

if (import.meta.main) {
  process.on("message", (name: string) => {
    const { program } = cases.find((one) => one.name === name)!
    void measured(program, make()).then((result) => process.send!(result))
  })
}
