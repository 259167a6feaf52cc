import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, FiberDump, Pure, Supervision } from "@giveway/core"
import * as Steppable from "@giveway/core/Steppable"
import { Cause, Duration, Effect, Exit, Fiber, Logger, Scheduler } from "effect"
import * as fc from "fast-check"

const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const schedulers: Record<string, () => Scheduler.Scheduler> = {
  FairScheduler: () => FairScheduler.make(),
  "Effect's own scheduler": () => new Scheduler.MixedScheduler()
}

const defect = (exit: Exit.Exit<unknown, unknown>): unknown => {
  assert.isTrue(Exit.isFailure(exit))
  return Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
}

for (const [name, make] of Object.entries(schedulers)) {
  const live = <A, E>(title: string, effect: Effect.Effect<A, E>) =>
    it.live(title, () => Effect.provideService(effect, Scheduler.Scheduler, make()))

  describe(`Pure under ${name}`, () => {
    live(
      "gen returns what the generator returns, each time the effect runs",
      Effect.gen(function* () {
        const sum = Pure.gen(function* () {
          let total = 0
          for (let i = 0; i < 100_000; i++) {
            total += i
            yield
          }
          return total
        })
        assert.strictEqual(yield* sum, 4_999_950_000)
        assert.strictEqual(yield* sum, 4_999_950_000)
      })
    )

    live(
      "a timer fires while it computes",
      Effect.gen(function* () {
        let fired = 0
        const timer = setInterval(() => fired++, 1)
        yield* Pure.gen(function* () {
          for (let i = 0; i < 1000; i++) {
            spin(0.1)
            yield
          }
        })
        yield* Pure.forEach(Array.from({ length: 1000 }), () => spin(0.1))
        clearInterval(timer)
        assert.isAtLeast(fired, 15)
      })
    )

    live(
      "an interruption closes the generator: finally blocks run, in slices too, and nothing after them",
      Effect.gen(function* () {
        const log: Array<string> = []
        const fiber = yield* Effect.forkChild(
          Pure.gen(function* () {
            try {
              while (true) {
                spin(0.1)
                yield
              }
            } finally {
              for (let i = 0; i < 100; i++) {
                spin(0.1)
                yield
              }
              log.push("closed")
            }
          })
        )
        yield* Effect.sleep(20)
        assert.deepStrictEqual(log, [])
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(log, ["closed"])
        assert.isTrue(Exit.hasInterrupts(fiber.pollUnsafe()!))
      })
    )

    live(
      "Effect.timeout stops it",
      Effect.gen(function* () {
        const endless = Pure.gen(function* (): Pure.Steps<never> {
          while (true) yield
        })
        yield* Effect.flip(Effect.timeout(endless, "20 millis"))
      })
    )

    live(
      "what it throws is a defect, before and after a pause, and out of a finally block",
      Effect.gen(function* () {
        const thrown = new Error("thrown")
        for (const steps of [0, 100]) {
          const exit = yield* Effect.exit(
            Pure.gen(function* () {
              for (let i = 0; i < steps; i++) {
                spin(0.1)
                yield
              }
              throw thrown
            })
          )
          assert.strictEqual(defect(exit), thrown)
        }
        const fiber = yield* Effect.forkChild(
          Pure.gen(function* () {
            try {
              while (true) {
                spin(0.1)
                yield
              }
            } finally {
              // oxlint-disable-next-line no-unsafe-finally
              throw thrown
            }
          })
        )
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(fiber)
        const exit = fiber.pollUnsafe()!
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      })
    )

    live(
      "forEach collects in order, and closes its iterator when f throws or the fiber is interrupted",
      Effect.gen(function* () {
        let closed = 0
        const endless = {
          *[Symbol.iterator]() {
            try {
              for (let i = 0; ; i++) yield i
            } finally {
              closed++
            }
          }
        }
        const thrown = new Error("thrown")
        const exit = yield* Effect.exit(
          Pure.forEach(endless, (i) => {
            if (i === 10) throw thrown
          })
        )
        assert.strictEqual(defect(exit), thrown)
        assert.strictEqual(closed, 1)
        const fiber = yield* Effect.forkChild(Pure.forEach(endless, () => spin(0.1), { discard: true }))
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(closed, 2)
        assert.deepStrictEqual(yield* Pure.forEach(new Set(["a", "b"]), (item, index) => item + index), ["a0", "b1"])
        assert.isUndefined(yield* Pure.forEach([1], () => 1, { discard: true }))
      })
    )
  })
}

/** Passes of the event loop while a computation of `ms` runs. */
const passesOf = (effect: (ms: number) => Effect.Effect<unknown>, ms: number) =>
  Effect.gen(function* () {
    let passes = 0
    let immediate = setImmediate(function again() {
      passes++
      immediate = setImmediate(again)
    })
    yield* effect(ms)
    clearImmediate(immediate)
    return passes
  })

const steps = (ms: number) =>
  Pure.gen(function* () {
    for (let i = 0; i < ms * 10; i++) {
      spin(0.1)
      yield
    }
  })

/** As the compiler makes it. */
const compiled = (options?: Pure.FnOptions) => {
  const plain = (_ms: number) => {}
  const twin = (ms: number): unknown => {
    spin(0.1)
    return ms <= 0 ? undefined : Steppable.save({ resume: () => twin(ms - 0.1) })
  }
  Steppable.attach(plain, twin)
  return Pure.fn("compiled", plain, options)
}

describe("slices", () => {
  for (const [name, make] of Object.entries(schedulers)) {
    it.live(`a shorter one lets the loop turn more often, under ${name}`, () =>
      Effect.gen(function* () {
        for (const effect of [steps, compiled()]) {
          const usual = yield* passesOf(effect, 120)
          const often = yield* passesOf((ms) => Pure.withSlice(effect(ms), 0.5), 120)
          assert.isAbove(often, 2 * usual)
        }
        const own = yield* passesOf((ms) => Pure.withSlice(compiled({ slice: 0.5 })(ms), "1 hour"), 120)
        assert.isAbove(own, 2 * (yield* passesOf(compiled(), 120)))
      }).pipe(Effect.provideService(Scheduler.Scheduler, make()))
    )
  }

  it.live("one that cannot be is refused by name: at once, or where it was provided past us, as a defect", () =>
    Effect.gen(function* () {
      for (const slice of [0, -1, Infinity, NaN]) {
        const told = /slice is .*, but must be a duration of at least 1 µs/
        assert.match(String(defect(yield* Effect.exit(Pure.withSlice(Effect.void, slice)))), told)
        assert.throws(() => Pure.fn("f", () => 1, { slice }), told)
        for (const effect of [steps(0), compiled()(0)]) {
          const exit = yield* Effect.exit(Effect.provideService(effect, Pure.Slice, Duration.millis(slice)))
          assert.match(String(defect(exit)), told)
        }
      }
      assert.throws(
        () => Pure.fn("f", () => 1, { slize: 1 } as object),
        'Pure.fn("f"): slize is no option; did you mean slice?'
      )
      const misspelt = yield* Effect.exit(Pure.forEach([1], (n) => n, { discard_: true } as object))
      assert.match(String(defect(misspelt)), /Pure.forEach: discard_ is no option; did you mean discard\?/)
    })
  )
})

describe("accounts", () => {
  it("an interruption right after the first slice runs finally blocks, whoever made the fiber give way", async () => {
    for (const make of Object.values(schedulers)) {
      const log: Array<string> = []
      const plain = () => {}
      Steppable.attach(plain, () => {
        Steppable.budget[0] = -1
        spin(10)
        return Steppable.save({
          resume: () => log.push("resumed"),
          abandon: () => log.push("closed")
        })
      })
      const fiber = Effect.runFork(Pure.fn("interrupted", plain)(), { scheduler: make() })
      fiber.interruptUnsafe()
      await Effect.runPromise(Effect.exit(Fiber.join(fiber)))
      assert.deepStrictEqual(log, ["closed"])
    }
  })

  it.live("what runs in slices is self time of its fiber, slice by slice, and gives way as its scheduler says", () =>
    Effect.gen(function* () {
      const scheduler = FairScheduler.make()
      yield* Effect.gen(function* () {
        const supervision = yield* Supervision.Supervision
        const work = Effect.andThen(Pure.withSlice(compiled()(40), "1 millis"), Effect.never)
        const fiber = yield* Effect.forkChild(work)
        const own = Effect.map(supervision.dump, ({ fibers }) => fibers.find(({ id }) => id === fiber.id))
        let info = yield* own
        for (let tries = 0; (info?.state !== "waiting" || info.selfMs < 40) && tries < 500; tries++) {
          yield* Effect.sleep("10 millis")
          info = yield* own
        }
        assert.strictEqual(info?.state, "waiting")
        assert.isAtLeast(info!.selfMs, 40)
        // 40 slices of a millisecond; fewer on a machine that stops the thread in some of them
        assert.isAtLeast(info!.slices, 10)
        assert.isAtMost(info!.slices, 60)
        assert.isAtLeast(FairScheduler.statistics(scheduler).yields, info!.slices - 5)
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.provide(Supervision.layer({ logs: false })), Effect.provideService(Scheduler.Scheduler, scheduler))
    })
  )
})

describe("a function without yield points", () => {
  const logged = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel}: ${String(message)}`))
      return Effect.as(Effect.provide(effect, Logger.layer([logger])), lines)
    })

  it.live("is named in a warning when a call takes longer than a slice: once, and no other is", () =>
    Effect.gen(function* () {
      const slow = Pure.fn("slow", (ms: number) => spin(ms))
      const [first, ...others] = yield* logged(Effect.andThen(slow(20), Effect.andThen(slow(20), slow(20))))
      assert.match(
        first!,
        /^Warn: `slow` \(Pure\.fn\) was not compiled, run with node --import @giveway\/node\/register\. It ran for \d+ ms/
      )
      assert.deepStrictEqual(others, [])
      const patient = Pure.fn("patient", (ms: number) => spin(ms), { slice: "10 seconds" })
      assert.deepStrictEqual(yield* logged(patient(20)), [])
    })
  )

  it.live("is named with the reason that the compiler gave", () =>
    Effect.gen(function* () {
      const refused = Pure.fn(
        "refused",
        Steppable.leave((ms: number) => spin(ms), "calls outlives the call (app.ts:7): pass it as a parameter")
      )
      const [line] = yield* logged(refused(20))
      assert.include(
        line,
        "`refused` (Pure.fn) has no yield points, calls outlives the call (app.ts:7): pass it as a parameter. It ran for"
      )
    })
  )

  it.live("is named by supervision: in the stall, and in the dump while its fiber lives", () =>
    Effect.gen(function* () {
      const supervision = yield* Supervision.Supervision
      const slow = Pure.fn("resample", (ms: number) => spin(ms))
      const fiber = yield* Effect.forkChild(Effect.andThen(slow(60), Effect.never))
      yield* Effect.sleep("50 millis")
      const dump = yield* supervision.dump
      const whole = dump.fibers.find(({ id }) => id === fiber.id)?.whole
      assert.strictEqual(whole?.name, "resample")
      assert.isAtLeast(whole!.ms, 60)
      assert.match(FiberDump.render(dump), /once \d+ ms in one go: `resample` \(Pure\.fn\) was not compiled/)
      const stalls = yield* supervision.recent
      const stall = stalls.find(({ hog }) => hog.whole !== undefined)
      assert.strictEqual(stall?.hog.whole?.name, "resample", JSON.stringify(stalls))
      assert.match(String(stall), /held the loop for \d+ ms: `resample` \(Pure\.fn\) was not compiled/)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(Supervision.layer({ threshold: "30 millis", logs: false })), (effect) => logged(effect))
  )
})

describe("Pure", () => {
  it.live("forEach is Array.map, whatever the items", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.integer()), async (items) => {
          const f = (item: number, index: number) => item * 2 + index
          assert.deepStrictEqual(await Effect.runPromise(Pure.forEach(items, f)), items.map(f))
          assert.deepStrictEqual(await Effect.runPromise(Pure.forEach(f)(items)), items.map(f))
        })
      )
    )
  )

  it.live("a generator that yields a value is told so, and closed", () =>
    Effect.gen(function* () {
      let closed = false
      const wrong = function* () {
        try {
          yield Effect.void
        } finally {
          closed = true
        }
      }
      const exit = yield* Effect.exit(Pure.gen(wrong as unknown as () => Pure.Steps<void>))
      assert.include(String(defect(exit)), "effects belong in Effect.gen")
      assert.isTrue(closed)
    })
  )

  it.live("two computations share the thread, slice by slice", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const steps = (name: string) =>
        Pure.gen(function* () {
          for (let i = 0; i < 100; i++) {
            spin(0.2)
            if (order.at(-1) !== name) order.push(name)
            yield
          }
        })
      yield* Effect.all([steps("a"), steps("b")], { concurrency: 2 }).pipe(Effect.provide(FairScheduler.layer()))
      assert.isAtLeast(order.length, 10)
    })
  )
})
