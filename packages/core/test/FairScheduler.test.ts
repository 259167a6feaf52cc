/** FairScheduler on the real event loop: what users rely on, and the limits that its header states. */
import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, InvalidOption } from "@giveway/core"
import {
  Cause,
  Config,
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Fiber,
  Latch,
  Layer,
  ManagedRuntime,
  Option,
  Queue,
  Scheduler,
  Semaphore
} from "effect"
import { TestClock } from "effect/testing"
import { AsyncLocalStorage } from "node:async_hooks"

const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const fairly = Effect.provide(FairScheduler.layer())

const scheduler = Effect.map(Effect.fiber, (fiber) => fiber.cache.scheduler)

/** How often a 1 ms timer fires while `effect` runs. */
const firings = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<number, E> =>
  Effect.suspend(() => {
    let fired = 0
    const timer = setInterval(() => fired++, 1)
    return effect.pipe(
      Effect.ensuring(Effect.sync(() => clearInterval(timer))),
      Effect.map(() => fired)
    )
  })

describe("timers fire while fibers work", () => {
  const times = (n: number, effect: Effect.Effect<unknown>) =>
    Effect.gen(function* () {
      for (let i = 0; i < n; i++) yield* effect
    })
  const step = Effect.sync(() => spin(1))

  // each runs for about 100 ms; by default none of them lets a timer fire more than once or twice
  const programs: Record<string, Effect.Effect<unknown>> = {
    "steps of 1 ms": times(100, step),
    "a loop over resolved promises": times(
      2000,
      Effect.promise(async () => spin(0.05))
    ),
    "100 fibers of yieldNow and 1 ms": Effect.forEach(
      Array.from({ length: 100 }),
      () => Effect.andThen(Effect.yieldNow, step),
      { concurrency: "unbounded" }
    ),
    "forEach with a concurrency": Effect.forEach(Array.from({ length: 1000 }), () => Effect.sync(() => spin(0.1)), {
      concurrency: 50
    }),
    "FairScheduler.forEach": FairScheduler.forEach(Array.from({ length: 1000 }), () => Effect.sync(() => spin(0.1))),
    "timers due at once": Effect.forEach(
      Array.from({ length: 200 }),
      () =>
        Effect.andThen(
          Effect.sleep(20),
          times(
            5,
            Effect.sync(() => spin(0.1))
          )
        ),
      { concurrency: "unbounded" }
    )
  }
  for (const [name, program] of Object.entries(programs)) {
    it.live(name, () =>
      Effect.gen(function* () {
        assert.isAtLeast(yield* fairly(firings(program)), 15)
      })
    )
  }

  it.live("an I/O callback runs while thousands of fibers compute", () =>
    fairly(
      Effect.gen(function* () {
        const busy = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 3000 }), () => Effect.forever(Effect.sync(() => spin(0.02))), {
            concurrency: "unbounded"
          })
        )
        const { readFile } = yield* Effect.promise(() => import("node:fs/promises"))
        const text = yield* Effect.promise(() => readFile(new URL(import.meta.url), "utf8"))
        assert.include(text, "FairScheduler")
        yield* Fiber.interrupt(busy)
      })
    )
  )
})

describe("installing", () => {
  it.live("by provideService, layer, ManagedRuntime and RunOptions; forks and detached fibers inherit it", () =>
    Effect.gen(function* () {
      const s = FairScheduler.make()
      assert.strictEqual(yield* Effect.provideService(scheduler, Scheduler.Scheduler, s), s)
      assert.strictEqual(yield* Effect.promise(() => Effect.runPromise(scheduler, { scheduler: s })), s)

      const inherited = Effect.gen(function* () {
        const own = yield* scheduler
        assert.instanceOf(own, FairScheduler.FairScheduler)
        assert.strictEqual(yield* Fiber.join(yield* Effect.forkChild(scheduler)), own)
        assert.strictEqual(yield* Fiber.join(yield* Effect.forkDetach(scheduler)), own)
        const context = yield* Effect.context<never>()
        assert.strictEqual(yield* Fiber.join(Effect.runForkWith(context)(scheduler)), own)
      })
      yield* fairly(inherited)
      const runtime = ManagedRuntime.make(FairScheduler.layer({ turn: "4 millis", slice: "500 micros" }))
      yield* Effect.promise(() => runtime.runPromise(inherited))
      yield* Effect.promise(() => runtime.dispose())
    })
  )

  it.effect("fails with options that cannot be, by name; where it is no layer, it throws", () =>
    Effect.gen(function* () {
      const messageOf = (options: unknown) =>
        Effect.map(
          Effect.flip(Effect.scoped(Layer.build(FairScheduler.layer(options as FairScheduler.Options)))),
          (error) => error.message
        )
      const expected = 'but must be a duration of at least 1 µs and at most 24 days, such as "3 millis"'
      assert.strictEqual(yield* messageOf({ turn: 0 }), `FairScheduler: turn is 0, ${expected}`)
      assert.strictEqual(yield* messageOf({ turn: "three" }), `FairScheduler: turn is "three", ${expected}`)
      assert.strictEqual(
        yield* messageOf({ slice: "Infinity" }),
        'FairScheduler: slice is "Infinity", but must be a duration of at least 1 µs and at most 24 days, such as "1 millis"'
      )
      assert.strictEqual(
        yield* messageOf({ turn: 1, slice: 2 }),
        "FairScheduler: slice is 2, but must be at most turn, which is 1 ms"
      )
      assert.strictEqual(yield* messageOf({ turns: 2 }), "FairScheduler: turns is no option; did you mean turn?")
      assert.throws(() => FairScheduler.make({ turn: -1 }), InvalidOption.InvalidOption, "turn is -1")
      assert.instanceOf(FairScheduler.make({ turn: 0.2 }), FairScheduler.FairScheduler)
      const cause = yield* Effect.flip(
        Effect.sandbox(FairScheduler.forEach([1], Effect.succeed, { discrad: true } as object))
      )
      assert.strictEqual(
        String(Cause.squash(cause)),
        "InvalidOption: FairScheduler.forEach: discrad is no option; did you mean discard?"
      )
    })
  )

  it.effect("takes its options from code and configuration together", () =>
    Effect.gen(function* () {
      const provided = (config: Parameters<typeof FairScheduler.layerConfig>[0], env: Record<string, string>) =>
        Effect.scoped(Layer.build(FairScheduler.layerConfig(config))).pipe(
          Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
        )
      const env = { GIVEWAY_SCHEDULER_TURN: "1 millis", GIVEWAY_SCHEDULER_SLICE: "2 millis" }
      assert.include(String(yield* Effect.flip(provided(undefined, env))), "at most turn, which is 1 ms")
      yield* provided({ turn: Config.succeed("4 millis") }, env)
      const unread = yield* Effect.flip(provided(undefined, { GIVEWAY_SCHEDULER_TURN: "soon" }))
      assert.strictEqual(unread._tag, "ConfigError")
    })
  )

  it("provided inside of runSync it replaces that scheduler: AsyncFiberError if a forked fiber gives way", () => {
    const inside = (effect: Effect.Effect<number>) => Effect.runSyncExit(Effect.provide(effect, FairScheduler.layer()))
    assert.deepStrictEqual(inside(Effect.succeed(3)), Exit.succeed(3))
    const forked = Effect.andThen(Effect.yieldNow, Effect.succeed(3)).pipe(Effect.forkChild, Effect.flatMap(Fiber.join))
    assert.include(String(inside(forked)), "AsyncFiberError")
  })

  it.live("runSync brings its own scheduler, and works inside a fiber", () =>
    fairly(
      Effect.sync(() => {
        assert.notInstanceOf(Effect.runSync(scheduler), FairScheduler.FairScheduler)
        assert.strictEqual(Effect.runSync(Effect.andThen(Effect.yieldNow, Effect.succeed(3))), 3)
      })
    )
  )

  it.live("limit: a bare Effect.run* inside an operation starts with Effect's own scheduler", () =>
    fairly(
      Effect.gen(function* () {
        const nested = yield* Effect.promise(() => Effect.runPromise(scheduler))
        assert.notInstanceOf(nested, FairScheduler.FairScheduler)
      })
    )
  )

  it.live("limit: layers merged beside it are built without it, those provided with it are not", () =>
    Effect.gen(function* () {
      class Seen extends Context.Service<Seen, Scheduler.Scheduler>()("test/Seen") {}
      const seen = Layer.effect(Seen, scheduler)
      const beside = yield* Effect.provide(Seen, Layer.mergeAll(FairScheduler.layer(), seen))
      assert.notInstanceOf(beside, FairScheduler.FairScheduler)
      const below = yield* Effect.provide(Seen, Layer.provide(seen, FairScheduler.layer()))
      assert.instanceOf(below, FairScheduler.FairScheduler)
    })
  )

  it.live("TestClock keeps it when it is provided outside", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.as(Effect.sleep("1 hour"), "woken"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(fiber), "woken")
    }).pipe(Effect.provide(TestClock.layer()), fairly)
  )
})

describe("what programs rely on", () => {
  it.live("Effect.timeout interrupts a CPU-bound fiber", () =>
    fairly(
      Effect.gen(function* () {
        let released = false
        const result = yield* Effect.forever(Effect.sync(() => spin(0.1))).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              released = true
            })
          ),
          Effect.timeoutOption("20 millis")
        )
        assert.isTrue(Option.isNone(result))
        assert.isTrue(released)
      })
    )
  )

  it.live("sleep(0), promises, callbacks, failures and defects come through", () =>
    fairly(
      Effect.gen(function* () {
        yield* Effect.sleep(0)
        assert.strictEqual(yield* Effect.promise(() => Promise.resolve(1)), 1)
        assert.strictEqual(yield* Effect.callback<number>((resume) => resume(Effect.succeed(2))), 2)
        assert.strictEqual(yield* Effect.flip(Effect.andThen(Effect.yieldNow, Effect.fail("no"))), "no")
        const exit = yield* Effect.exit(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => {
              throw new Error("defect")
            })
          )
        )
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      })
    )
  )

  it.live("latches, semaphores and queues wake those who wait", () =>
    fairly(
      Effect.gen(function* () {
        const latch = yield* Latch.make()
        const waiting = yield* Effect.forkChild(Effect.as(latch.await, "open"))
        yield* Effect.yieldNow
        yield* latch.open
        assert.strictEqual(yield* Fiber.join(waiting), "open")

        const semaphore = yield* Semaphore.make(2)
        let inside = 0
        let most = 0
        yield* Effect.forEach(
          Array.from({ length: 50 }),
          () =>
            semaphore.withPermits(1)(
              Effect.gen(function* () {
                most = Math.max(most, ++inside)
                yield* Effect.yieldNow
                inside--
              })
            ),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(most, 2)

        const queue = yield* Queue.bounded<number>(4)
        const producer = yield* Effect.forkChild(
          Effect.forEach(
            Array.from({ length: 500 }, (_, i) => i),
            (i) => Queue.offer(queue, i),
            { discard: true }
          )
        )
        const taken: Array<number> = []
        while (taken.length < 500) taken.push(yield* Queue.take(queue))
        yield* Fiber.join(producer)
        assert.deepStrictEqual(
          taken,
          Array.from({ length: 500 }, (_, i) => i)
        )
      })
    )
  )

  it.live("race interrupts the loser, CPU-bound or queued", () =>
    fairly(
      Effect.gen(function* () {
        const busy = Effect.forever(Effect.sync(() => spin(0.1)))
        assert.strictEqual(yield* Effect.race(busy, Effect.as(Effect.sleep(5), "slept")), "slept")
      })
    )
  )

  it.live("100,000 fibers that yield all end", () =>
    fairly(
      Effect.gen(function* () {
        let ended = 0
        const each = Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => ended++)
        )
        yield* FairScheduler.forEach(Array.from({ length: 100_000 }), () => each, { discard: true })
        assert.strictEqual(ended, 100_000)
      })
    )
  )

  it.live("AsyncLocalStorage is each fiber's own, across forks, yields and slices", () =>
    fairly(
      Effect.gen(function* () {
        const storage = new AsyncLocalStorage<number>()
        const services = yield* Effect.context<never>()
        const seen = (n: number) =>
          Effect.gen(function* () {
            const values = new Set<number | undefined>()
            for (let i = 0; i < 20; i++) {
              yield* Effect.sync(() => {
                spin(0.1)
                values.add(storage.getStore())
              })
              if (i % 5 === 0) yield* Effect.yieldNow
            }
            values.add(yield* Fiber.join(yield* Effect.forkChild(Effect.sync(() => storage.getStore()))))
            assert.deepStrictEqual([...values], [n])
          })
        const fibers = [1, 2, 3, 4].map((n) => storage.run(n, () => Effect.runForkWith(services)(seen(n))))
        for (const fiber of fibers) yield* Fiber.join(fiber)
        assert.isUndefined(storage.getStore())
      })
    )
  )

  it.live("an observer's error is an uncaught exception, and the other fibers go on", () =>
    Effect.gen(function* () {
      const uncaught: Array<unknown> = []
      const listeners = process.listeners("uncaughtException")
      process.removeAllListeners("uncaughtException")
      process.on("uncaughtException", (error) => uncaught.push(error))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          process.removeAllListeners("uncaughtException")
          for (const listener of listeners) process.on("uncaughtException", listener)
        })
      )
      const s = FairScheduler.make()
      const fibers = [1, 2, 3].map((n) => Effect.runFork(Effect.as(Effect.yieldNow, n), { scheduler: s }))
      fibers[0]!.addObserver(() => {
        throw new Error("observer")
      })
      assert.strictEqual(yield* Fiber.join(fibers[2]!), 3)
      yield* Effect.sleep(1)
      assert.deepStrictEqual(uncaught.map(String), ["Error: observer"])
    }).pipe(Effect.scoped)
  )
})

describe("forEach", () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => i)

  it.live("gives Effect.forEach's results, for any number of items", () =>
    fairly(
      Effect.gen(function* () {
        for (const n of [0, 1, 15, 16, 17, 255, 256, 257, 5000]) {
          const items = Array.from({ length: n }, (_, i) => i)
          const f = (item: number, index: number) =>
            item % 3 === 0 ? Effect.succeed(index) : Effect.as(Effect.yieldNow, index)
          assert.deepStrictEqual(yield* FairScheduler.forEach(items, f), items)
          assert.isUndefined(yield* FairScheduler.forEach(items, f, { discard: true }))
        }
        assert.deepStrictEqual(yield* FairScheduler.forEach(new Set([1, 2]), Effect.succeed), [1, 2])
      })
    )
  )

  it.live("runs all at once, however many wait", () =>
    fairly(
      Effect.gen(function* () {
        const called = new Set<number>()
        const latch = yield* Latch.make()
        const fiber = yield* Effect.forkChild(
          FairScheduler.forEach(numbers, (i) => {
            called.add(i)
            return latch.await
          })
        )
        while (called.size < numbers.length) yield* Effect.yieldNow
        yield* latch.open
        assert.strictEqual((yield* Fiber.join(fiber)).length, numbers.length)
      })
    )
  )

  it.live("fails as the first failure does, and interrupts the rest", () =>
    fairly(
      Effect.gen(function* () {
        let interrupted = 0
        const error = yield* Effect.flip(
          FairScheduler.forEach(numbers, (i) =>
            i === 700
              ? Effect.andThen(Effect.yieldNow, Effect.fail("700"))
              : Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
          )
        )
        assert.strictEqual(error, "700")
        assert.isAtLeast(interrupted, 700)
      })
    )
  )

  it.live("interrupted, it interrupts what it started", () =>
    fairly(
      Effect.gen(function* () {
        let running = 0
        const fiber = yield* Effect.forkChild(
          FairScheduler.forEach(numbers, () =>
            Effect.acquireUseRelease(
              Effect.sync(() => running++),
              () => Effect.never,
              () => Effect.sync(() => running--)
            )
          )
        )
        while (running < numbers.length) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(running, 0)
      })
    )
  )

  it.live("an f that throws is a defect, as in Effect.forEach", () =>
    fairly(
      Effect.gen(function* () {
        const exit = yield* Effect.exit(
          FairScheduler.forEach(numbers, (i) => {
            if (i === 500) throw new Error("thrown")
            return Effect.yieldNow
          })
        )
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      })
    )
  )
})
