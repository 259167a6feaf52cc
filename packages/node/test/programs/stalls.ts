/**
 * Programs that hold their loop in one way each, for NodeSysmon.test.ts. They print one JSON line at their end: the
 * stalls that were published, when the program began, and the statistics.
 *
 * `node stalls.ts CASE FLAG`: where a case says "until told", it holds the loop until the file FLAG is there, which the
 * test makes once it has seen the report. So the report came while the loop was held, or the test never ends.
 */
import { existsSync } from "node:fs"
import type { Starvation } from "@giveway/core"
import { FairScheduler, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Effect, Fiber, Layer, Logger, Stream } from "effect"

const [name = "", flag = ""] = process.argv.slice(2)

/** This thread's own computing time, ms: on a busy machine the wall clock would count that of others. */
const computed = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

let sink = 0

/** Looks up so seldom that its system calls do not count. */
const hold = (ms: number): void => {
  const end = computed() + ms
  while (computed() < end) for (let i = 0; i < 100_000; i++) sink = Math.imul(sink ^ i, 48_271)
}

/** And for 100 ms at least, so that a machine that takes long to let it compute is not to blame for most of it. */
const holdUntilTold = (end = computed() + 100): void => {
  while (!existsSync(flag) || computed() < end) for (let i = 0; i < 1_000_000; i++) sink = Math.imul(sink ^ i, 48_271)
}

const untilTold = (): void => {
  holdUntilTold()
}

const held = (ms: number) => Effect.sync(() => hold(ms))

const nap = Effect.sleep("100 millis")

/** Code that holds nothing for long: 1 ms of work in each of 200 fibers, with timers between. */
const healthy = Effect.forEach(
  Array.from({ length: 200 }),
  (_, index) => Effect.sleep(index % 20).pipe(Effect.andThen(held(1)), Effect.repeat({ times: 4 })),
  { concurrency: "unbounded", discard: true }
)

const cases: Record<string, Effect.Effect<void>> = {
  slice: nap.pipe(Effect.andThen(Effect.sync(untilTold)), Effect.withSpan("thumbnail"), Effect.andThen(nap)),
  twice: held(150).pipe(Effect.withSpan("first"), Effect.andThen(nap), Effect.andThen(held(250)), Effect.andThen(nap)),
  convoy: Effect.forEach(Array.from({ length: 600 }), () => Effect.yieldNow.pipe(Effect.andThen(held(0.5))), {
    concurrency: "unbounded",
    discard: true
  }).pipe(Effect.withSpan("price"), Effect.andThen(nap)),
  // the parent's slice lasts, but it is its children, started inside of it, that take the time
  inline: Effect.forEach(Array.from({ length: 600 }), () => held(0.5), {
    concurrency: "unbounded",
    discard: true
  }).pipe(Effect.withSpan("price"), Effect.andThen(nap)),
  child: Effect.gen(function* () {
    yield* nap
    yield* held(150).pipe(Effect.withSpan("innocent looking"), Effect.forkChild({ startImmediately: true }))
    yield* nap
  }).pipe(Effect.withSpan("parent")),
  timer: Effect.gen(function* () {
    setTimeout(untilTold, 20)
    yield* nap
    yield* nap
  }),
  native: Effect.gen(function* () {
    // a string of escapes: hardly any garbage
    const large = `"${"\\u0041".repeat(20_000_000)}"`
    // reading one puts the whole into one piece of memory, which is a stall of its own
    large.charCodeAt(1)
    yield* Effect.sleep("300 millis")
    yield* Effect.sync(() => JSON.parse(large)).pipe(Effect.withSpan("parse"))
    yield* nap
  }),
  forever: Effect.gen(function* () {
    yield* nap
    yield* Effect.sync(() => {
      for (;;);
    }).pipe(Effect.withSpan("endless"))
  }),
  flood: Effect.gen(function* () {
    yield* nap
    yield* Effect.promise(async () => {
      for (const end = computed() + 150; computed() < end;) {
        for (let i = 0; i < 1000; i++) await Promise.resolve()
      }
    }).pipe(Effect.withSpan("poller"))
    yield* nap
  }),
  allowed: nap.pipe(
    Effect.andThen(held(150).pipe(Supervision.allowBlocking("once, at night"), Effect.withSpan("report"))),
    Effect.andThen(nap)
  ),
  victims: Effect.gen(function* () {
    yield* Effect.forkChild(Effect.sleep("150 millis").pipe(Effect.withSpan("sleeper")))
    yield* Effect.forkChild(Effect.never.pipe(Effect.timeoutOption("150 millis"), Effect.withSpan("impatient")))
    yield* Effect.forkChild(Effect.sleep("10 seconds").pipe(Effect.withSpan("patient")))
    yield* nap
    yield* held(200).pipe(Effect.withSpan("hog"))
    yield* nap
  }),
  healthy,
  idle: Effect.sleep("1 second"),
  many: Effect.forEach(
    Array.from({ length: 8 }),
    () => held(100).pipe(Effect.withSpan("again"), Effect.andThen(Effect.sleep("60 millis"))),
    { discard: true }
  )
}

/** How late a plain timer came at worst, in ms: what there is to be seen, measured without Giveway. */
const lateness = () => {
  let last = performance.now()
  let worst = 0
  const timer = setInterval(() => {
    const now = performance.now()
    worst = Math.max(worst, now - last - 5)
    last = now
  }, 5)
  return () => {
    clearInterval(timer)
    return worst
  }
}

const program = Effect.gen(function* () {
  const supervision = yield* Supervision.Supervision
  const seen: Array<Starvation.Starvation> = []
  const watching = yield* Effect.forkChild(
    Stream.runForEach(supervision.starvation, (stall) => Effect.sync(() => seen.push(stall))),
    { startImmediately: true }
  )
  const begunAt = performance.timeOrigin + performance.now()
  yield* nap
  process.stdout.write("ready\n")
  const worst = lateness()
  yield* Effect.forkChild(cases[name]!).pipe(Effect.flatMap(Fiber.join))
  yield* nap
  yield* Fiber.interrupt(watching)
  const worstLatenessMs = worst()
  const statistics = yield* supervision.statistics
  process.stdout.write(`${JSON.stringify({ stalls: seen, begunAt, statistics, worstLatenessMs })}\n`)
})

if (process.argv.includes("--frozen")) {
  // stands for a version of Effect whose fibers cannot be hooked
  Object.freeze(Object.getPrototypeOf(Effect.runFork(Effect.void)))
}

const fair = process.argv.includes("--fair") ? FairScheduler.layer() : Layer.empty
if (name === "last") {
  // its slice closes the scope in which it is watched
  const logged: Array<string> = []
  const logger = Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
  await Effect.runPromise(
    Effect.sync(untilTold).pipe(Effect.provide(NodeSysmon.layer({ grace: 0 })), Effect.provide(logger))
  )
  process.stdout.write(`${JSON.stringify({ stalls: [], logged })}\n`)
} else {
  await Effect.runPromise(program.pipe(Effect.provide(NodeSysmon.layer({ grace: 0 })), Effect.provide(fair)))
}
