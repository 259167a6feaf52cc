/**
 * One side of the benchmark `overhead` in a process of its own: `off` or `on` (Giveway's supervision with its watching
 * thread), and a part. Prints one JSON line. Both sides run under `FairScheduler`.
 *
 * - `micro`: fibers that are forked, give way, and sleep: CPU time of the main thread, and slices.
 * - `memory`: what 100,000 waiting fibers take.
 * - `idle`: CPU time of the process while nothing is asked of it.
 */
import { FairScheduler, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { setTimeout as pause } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { median } from "../statistics.ts"

const [side, part] = process.argv.slice(2) as ["off" | "on", keyof typeof parts]

const supervised = side === "on" ? NodeSysmon.layer({ logs: false }) : Layer.empty

/** CPU time of this thread, µs. */
const computed = (): number => {
  const { system, user } = process.threadCpuUsage()
  return system + user
}

/** A request-like name, so that names are looked up as they are in a service. */
const named = Effect.withSpan("micro")

interface Micro {
  /** slices of one run, by the program itself */
  readonly slices: number
  readonly program: Effect.Effect<unknown>
}

const micros: Readonly<Record<"fork" | "yield" | "sleep", Micro>> = {
  // a child's slice, and the parent's after it
  fork: {
    slices: 2 * 20_000,
    program: Effect.gen(function* () {
      for (let i = 0; i < 20_000; i++) yield* Fiber.join(yield* Effect.forkChild(Effect.void))
    })
  },
  yield: {
    slices: 100_000,
    program: Effect.gen(function* () {
      for (let i = 0; i < 100_000; i++) yield* Effect.yieldNow
    })
  },
  // 1000 fibers, each woken 20 times by a timer
  sleep: {
    slices: 20_000,
    program: Effect.forEach(Array.from({ length: 1000 }), () => Effect.repeat(Effect.sleep(1), { times: 19 }), {
      concurrency: "unbounded",
      discard: true
    })
  }
}

const rounds = 15

const micro = Effect.gen(function* () {
  const found: Record<string, number> = {}
  for (const [name, { program, slices }] of Object.entries(micros)) {
    const taken: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const before = computed()
      yield* named(program)
      taken.push((1000 * (computed() - before)) / slices)
    }
    // the first ones run before the code is compiled
    found[name] = median(taken.slice(5))
  }
  return found
})

const fibers = 100_000

const memory = Effect.gen(function* () {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  const used = Effect.promise(async () => {
    collect()
    await pause(100)
    collect()
    const { external, heapUsed } = process.memoryUsage()
    return heapUsed + external
  })
  const gate = yield* Deferred.make<void>()
  const before = yield* used
  const waiting: Array<unknown> = []
  for (let i = 0; i < fibers; i++) waiting.push(yield* Effect.forkChild(Deferred.await(gate)))
  yield* Effect.sleep("200 millis")
  const after = yield* used
  yield* Deferred.succeed(gate, undefined)
  return { bytes: (after - before) / waiting.length }
})

const idle = Effect.gen(function* () {
  // what starts has started
  yield* Effect.sleep("2 seconds")
  const percents: Array<number> = []
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage()
    const start = performance.now()
    yield* Effect.promise(() => pause(2000))
    const { system, user } = process.cpuUsage(before)
    percents.push((user + system) / 10 / (performance.now() - start))
  }
  return { percent: median(percents) }
})

const parts = { micro, memory, idle }

const found = await Effect.runPromise(
  Effect.gen(function* () {
    const supervision = yield* Effect.serviceOption(Supervision.Supervision)
    const isHooked = Option.isSome(supervision) && (yield* supervision.value.statistics).hooked
    if (isHooked !== (side === "on")) throw new Error(`supervision is not ${side}`)
    return yield* parts[part] as Effect.Effect<object>
  }).pipe(Effect.provide(supervised), Effect.provide(FairScheduler.layer()))
)
console.log(JSON.stringify(found))
process.exit(0)
