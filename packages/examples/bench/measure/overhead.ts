/**
 * One side of the benchmark `overhead` in a process of its own: `off` or `on` (Giveway's supervision with its watching
 * thread), and a part. Prints one JSON line, or, for `micro`, one for each line of its input. Both sides run under `FairScheduler`.
 *
 * - `micro`: fibers that are forked, give way, and sleep: CPU time of the main thread a slice, by rounds.
 * - `memory`: what 100,000 waiting fibers take.
 * - `idle`: CPU time of the process while nothing is asked of it.
 */
import { FairScheduler, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { everyday } from "./everyday.ts"

const [side, part] = process.argv.slice(2) as ["off" | "on", keyof typeof parts]

const supervised = side === "on" ? NodeSysmon.layer({ logs: false }) : Layer.empty

const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * CPU time of this thread, µs. While a thread runs, Linux accounts for it at its ticks, 4 ms apart: a moment's sleep
 * before the reading makes it exact.
 */
const computed = (): number => {
  Atomics.wait(never, 0, 0, 0.05)
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

const givesWay = Effect.gen(function* () {
  for (let i = 0; i < 100_000; i++) yield* Effect.yieldNow
})

const micros: Readonly<Record<string, Micro>> = {
  // a child's slice, and the parent's after it
  fork: {
    slices: 2 * 20_000,
    program: Effect.gen(function* () {
      for (let i = 0; i < 20_000; i++) yield* Fiber.join(yield* Effect.forkChild(Effect.void))
    })
  },
  // the fiber that `runPromise` made, before there was supervision
  "yield, main fiber": { slices: 100_000, program: givesWay },
  "yield, forked fiber": { slices: 100_000, program: Effect.flatMap(Effect.forkChild(givesWay), Fiber.join) },
  // 1000 fibers, each woken 20 times by a timer
  sleep: {
    slices: 20_000,
    program: Effect.forEach(Array.from({ length: 1000 }), () => Effect.repeat(Effect.sleep(1), { times: 19 }), {
      concurrency: "unbounded",
      discard: true
    })
  }
}

/** One round of a program: ns of CPU time a slice. */
const round = Effect.fnUntraced(function* ({ program, slices }: Micro) {
  const before = computed()
  yield* named(program)
  return (1000 * (computed() - before)) / slices
})

/** After so many rounds the code is compiled. */
const warmup = 8

/** Answers each name of a program with a round of it, in a process that has met a little of everything. */
const micro = Effect.gen(function* () {
  yield* everyday
  for (const one of Object.values(micros)) {
    for (let i = 0; i < warmup; i++) yield* round(one)
  }
  console.log(JSON.stringify(Object.keys(micros)))
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  while (true) {
    const line = yield* Effect.promise(() => lines.next())
    if (line.done === true) return {}
    console.log(JSON.stringify(yield* round(micros[line.value]!)))
  }
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
  const before = process.cpuUsage()
  const start = performance.now()
  yield* Effect.promise(() => pause(20_000))
  const { system, user } = process.cpuUsage(before)
  return { percent: (user + system) / 10 / (performance.now() - start) }
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
