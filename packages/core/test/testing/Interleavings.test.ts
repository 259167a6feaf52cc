/**
 * A check finds each kind of fault, says it in words, and makes the failing schedule again; correct programs raise no alarm.
 */
import { assert, describe, it as base } from "@effect/vitest"
import { Interleavings } from "@giveway/core/testing"
import {
  ConfigProvider,
  Deferred,
  Effect,
  Fiber,
  Latch,
  PartitionedSemaphore,
  Queue,
  Random,
  Ref,
  Scope,
  Semaphore
} from "effect"
import { readFile } from "node:fs/promises"

const it = Interleavings.extend(base)

const both = (...effects: ReadonlyArray<Effect.Effect<unknown, unknown>>) =>
  Effect.gen(function* () {
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    for (const effect of effects) fibers.push(yield* Effect.forkChild(effect))
    for (const fiber of fibers) yield* Fiber.join(fiber)
  })

const counting = (increment: (count: Ref.Ref<number>) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const count = yield* Ref.make(0)
    yield* both(increment(count), increment(count))
    const value = yield* Ref.get(count)
    if (value !== 2) return yield* Effect.die(`count is ${value}`)
  })

const lostUpdate = counting((count) =>
  Effect.gen(function* () {
    const n = yield* Ref.get(count)
    yield* Ref.set(count, n + 1)
  })
)

const locks = (ordered: boolean) =>
  Effect.gen(function* () {
    const a = yield* Semaphore.make(1)
    const b = yield* Semaphore.make(1)
    const inOrder = (x: Semaphore.Semaphore, y: Semaphore.Semaphore) => x.withPermits(1)(y.withPermits(1)(Effect.void))
    yield* both(inOrder(a, b), ordered ? inOrder(a, b) : inOrder(b, a))
  })

/** The fault that a check finds. */
const failureOf = <A, E>(program: Effect.Effect<A, E>, options?: Interleavings.Options<A, E>) =>
  Effect.flatMap(Effect.flip(Interleavings.check(program, options)), (error) =>
    error._tag === "InterleavingFailed" ? Effect.succeed(error) : Effect.die(error)
  )

describe("a check finds", () => {
  it.effect("an update that is lost, with the order in words", () =>
    Effect.gen(function* () {
      const found = yield* failureOf(lostUpdate)
      assert.strictEqual(found.kind, "Failed")
      assert.include(found.problem, "count is 1")
      assert.strictEqual(found.preemptions, 1)
      const order = found.trace.filter((line) => /Ref\.(get|set)/.test(line)).map((line) => line.slice(0, 7).trim())
      assert.deepStrictEqual(order, ["fiber 1", "fiber 2", "fiber 2", "fiber 1", "the pro"])
      assert.match(found.message, /fiber 1 +Interleavings\.test\.ts:\d+ +Ref\.get, saw 0/)
    })
  )

  it.effect("who interrupted whom, by the names in the trace", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.never)
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const exit = yield* Fiber.await(fiber)
        yield* Effect.die(exit._tag)
      })
      const found = yield* failureOf(program)
      const again = yield* failureOf(program, { replay: found.token! })
      assert.match(found.message, /saw Failure\(Cause\(\[Interrupt\(the program\)\]\)\)/)
      assert.deepStrictEqual(again.trace, found.trace)
    })
  )

  it.effect("a deadlock, rather than the condition that it breaks", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        let open = 0
        yield* Interleavings.atEnd("nothing is open", () => open === 0)
        const acquire = Effect.sync(() => open++)
        yield* Effect.acquireUseRelease(
          acquire,
          () => Effect.never,
          () => Effect.sync(() => open--)
        )
      })
      assert.strictEqual((yield* failureOf(program)).kind, "Deadlock")
    })
  )

  it.effect("an array that a fiber changes while another's operation walks it", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const waiters: Array<(resumed: Effect.Effect<void>) => void> = []
        const remove = Effect.sync(() => waiters.splice(0, 1))
        const wait = Effect.andThen(
          Effect.callback<void>((resume) => void waiters.push(resume)),
          Effect.andThen(
            Effect.sync(() => {}),
            remove
          )
        )
        const fibers = [yield* Effect.forkChild(wait), yield* Effect.forkChild(wait)]
        yield* Effect.yieldNow
        yield* Effect.sync(() => {
          for (let i = 0; i < waiters.length; i++) waiters[i]!(Effect.void)
        })
        yield* Fiber.awaitAll(fibers)
      })
      // other orders have fewer waiters there in time
      const strategy = "fifo"
      const found = yield* failureOf(program, { strategy })
      const again = yield* failureOf(program, { replay: found.token! })
      assert.strictEqual(found.kind, "Deadlock")
      assert.deepStrictEqual(again.trace, found.trace)
    })
  )

  it.effect("the lines of this file", () =>
    Effect.gen(function* () {
      const here = Number(/Interleavings\.test\.ts:(\d+)/.exec(new Error("here").stack!)![1])
      const program = Effect.gen(function* () {
        yield* Effect.never
      })
      const found = yield* failureOf(program)
      assert.include(found.trace.at(-1), `Interleavings.test.ts:${here + 2} `)
      assert.include(found.trace.at(-1), "Effect.never")
    })
  )

  it.effect("a deadlock, with the circle of waits", () =>
    Effect.gen(function* () {
      const found = yield* failureOf(locks(false))
      assert.strictEqual(found.kind, "Deadlock")
      assert.include(found.problem, "fiber 1 waits for fiber 2, which waits for fiber 1")
    })
  )

  it.effect("a signal that is missed", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const latch = yield* Latch.make(false)
        const ready = yield* Ref.make(false)
        const waits = Effect.gen(function* () {
          if (!(yield* Ref.get(ready))) yield* latch.await
        })
        yield* both(waits, Effect.andThen(Ref.set(ready, true), latch.release))
      })
      const found = yield* failureOf(program)
      assert.strictEqual(found.kind, "Deadlock")
      assert.include(found.trace.join("\n"), "for a latch")
    })
  )

  it.effect("a livelock, or a schedule that is too long", () =>
    Effect.gen(function* () {
      const endless = Effect.forever(Effect.yieldNow)
      assert.strictEqual((yield* failureOf(endless)).kind, "Livelock")
      const tooLong = yield* failureOf(endless, { endless: "tooLong", steps: 100 })
      assert.strictEqual(tooLong.kind, "TooLong")
      assert.include(tooLong.problem, "100")
    })
  )

  it.effect("a timer that comes back for ever", () =>
    Effect.gen(function* () {
      const found = yield* failureOf(Effect.forever(Effect.sleep("1 minute")), { steps: 300 })
      assert.strictEqual(found.kind, "Livelock")
    })
  )

  it.effect("a fiber that is left behind, waiting or busy", () =>
    Effect.gen(function* () {
      for (const endless of [Effect.never, Effect.forever(Effect.sleep("1 second"))]) {
        const found = yield* failureOf(Effect.asVoid(Effect.forkDetach(endless)))
        assert.strictEqual(found.kind, "LeftBehind")
        assert.include(found.problem, "fiber 1")
      }
    })
  )

  it.effect("a finalizer that is left behind", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Scope.provide(
          Effect.acquireRelease(Effect.void, () => Effect.void),
          scope
        )
      })
      const found = yield* failureOf(program)
      assert.strictEqual(found.kind, "LeftOpen")
    })
  )

  it.effect("an interruption that is lost", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const latch = yield* Latch.make(false)
        const fiber = yield* Effect.forkChild(Effect.uninterruptible(latch.await))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
      })
      const found = yield* failureOf(program)
      assert.strictEqual(found.kind, "InterruptionLost")
    })
  )

  it.effect("a permit that an interruption loses, by a condition at the end", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const semaphore = yield* Semaphore.make(1)
        let taken = 0
        yield* Interleavings.atEnd("the permit is back", () => taken === 0)
        const take = Effect.tap(semaphore.take(1), () => Effect.sync(() => taken++))
        const give = Effect.tap(semaphore.release(1), () => Effect.sync(() => taken--))
        const use = Effect.andThen(take, Effect.andThen(Effect.yieldNow, give))
        yield* both(use, use)
      })
      const found = yield* failureOf(program)
      assert.strictEqual(found.kind, "ConditionBroken")
      assert.include(found.problem, "the permit is back")
      assert.strictEqual(found.interruptions, 1)
      assert.strictEqual(found.preemptions, 0)
      assert.include(found.trace.join("\n"), "is interrupted here")
    })
  )

  it.effect("an invariant of the options that is broken", () =>
    Effect.gen(function* () {
      const found = yield* failureOf(Effect.succeed(1), {
        invariants: { "it gives two": (exit) => exit?._tag === "Success" && exit.value === 2 }
      })
      assert.strictEqual(found.kind, "ConditionBroken")
    })
  )

  it.effect("results that differ, where they must not", () =>
    Effect.gen(function* () {
      const first = Effect.gen(function* () {
        const winner = yield* Deferred.make<string>()
        yield* both(Deferred.succeed(winner, "a"), Deferred.succeed(winner, "b"))
        return { winner: yield* Deferred.await(winner) }
      })
      assert.strictEqual((yield* failureOf(first, { deterministic: true })).kind, "ResultDiffers")
      yield* Interleavings.check(first)
    })
  )

  it.effect("an update that is lost between two async functions", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        let count = 0
        const increment = Effect.promise(async () => {
          const n = count
          await Promise.resolve()
          count = n + 1
        })
        yield* both(increment, increment)
        if (count !== 2) return yield* Effect.die("lost")
      })
      const found = yield* failureOf(program)
      assert.include(found.problem, "lost")
    })
  )
})

describe("no alarm", () => {
  it.interleavings(
    "on an atomic update",
    counting((count) => Ref.update(count, (n) => n + 1))
  )

  it.interleavings("on locks that are taken in one order", locks(true))

  it.interleavings("on a program that does nothing", Effect.void)

  it.interleavings(
    "on a timeout and a timer that are due together",
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
      yield* Effect.sleep("1 hour").pipe(Effect.timeoutOption("1 hour"))
      yield* Fiber.join(fiber)
    })
  )

  it.interleavings(
    "on a queue whose producer may be killed",
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(1)
      const producer = yield* Effect.forkChild(Effect.andThen(Queue.offer(queue, 1), Queue.offer(queue, 2)))
      const consumer = yield* Effect.forkChild(Effect.all([Queue.take(queue), Queue.take(queue)]))
      yield* Fiber.join(producer)
      return yield* Fiber.join(consumer).pipe(
        Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.die("late") })
      )
    })
  )

  it.interleavings(
    "on a fiber that polls, and that a strategy prefers",
    Effect.gen(function* () {
      const isReady = yield* Ref.make(false)
      const fiber = yield* Effect.forkChild(Effect.andThen(Effect.yieldNow, Ref.set(isReady, true)))
      while (!(yield* Ref.get(isReady))) yield* Effect.yieldNow
      yield* Fiber.join(fiber)
    }),
    { schedules: 3000 }
  )

  it.interleavings(
    "on resources that are released",
    Effect.scoped(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkScoped(Effect.never)
        yield* Effect.acquireRelease(Effect.void, () => Fiber.interrupt(fiber))
      })
    )
  )
})

describe("a token", () => {
  const partitioned = Effect.gen(function* () {
    const semaphore = yield* PartitionedSemaphore.make<string>({ permits: 1 })
    yield* Interleavings.atEnd(
      "the permit is back",
      () => Effect.runSync(PartitionedSemaphore.available(semaphore)) === 1
    )
    yield* Fiber.await(yield* Effect.forkChild(PartitionedSemaphore.withPermit(semaphore, "key", Effect.void)))
  })

  it.effect("makes the same schedule again", () =>
    Effect.gen(function* () {
      for (const program of [lostUpdate, locks(false), partitioned]) {
        const found = yield* failureOf(program)
        assert.isAtMost(found.token!.length, 200)
        const again = yield* failureOf(program, { replay: found.token! })
        assert.strictEqual(again.strategy, "replay")
        assert.deepStrictEqual(again.trace, found.trace)
        assert.strictEqual(again.problem, found.problem)
        assert.strictEqual(again.token, found.token)
      }
    })
  )

  it.effect("may come from the environment", () =>
    Effect.gen(function* () {
      const { token } = yield* failureOf(lostUpdate)
      const provider = ConfigProvider.fromEnv({ env: { GIVEWAY_REPLAY: token! } })
      const again = yield* failureOf(lostUpdate).pipe(Effect.provideService(ConfigProvider.ConfigProvider, provider))
      assert.strictEqual(again.strategy, "replay")
    })
  )

  it.effect("of another program, of another version, or of no kind is refused in words", () =>
    Effect.gen(function* () {
      const { token } = yield* failureOf(lostUpdate)
      const problemOf = (program: Effect.Effect<unknown, unknown>, replay: string) =>
        Effect.map(Effect.flip(Interleavings.check(program, { replay })), (error) => {
          assert.strictEqual(error._tag, "InvalidToken")
          return error.message
        })
      assert.include(yield* problemOf(locks(true), token!), "another program")
      assert.include(yield* problemOf(lostUpdate, token!.replace("gw1.", "gw7.")), "another version of Giveway")
      assert.include(yield* problemOf(lostUpdate, "hello"), 'begins with "gw1."')
      assert.include(yield* problemOf(lostUpdate, "gw1.§"), "characters")
      for (let length = 0; length < token!.length; length++) yield* problemOf(lostUpdate, token!.slice(0, length))
      assert.include(yield* problemOf(lostUpdate, token!.slice(0, 8)), "cut off")
    })
  )

  it.effect("of a program that was mended is a schedule without a fault, or of another program", () =>
    Effect.gen(function* () {
      const { token } = yield* failureOf(partitioned)
      const report = yield* Interleavings.check(partitioned.pipe(Effect.ignore), { replay: token! }).pipe(Effect.exit)
      assert.strictEqual(report._tag, "Failure")
    })
  )
})

describe("a program that no schedule controls", () => {
  it.effect("is refused with the line of its I/O", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Interleavings.check(Effect.promise(() => readFile("/dev/null"))))
      assert.strictEqual(error._tag, "NotControlled")
      assert.match(error.message, /FS\w+ at Interleavings\.test\.ts:\d+/)
    })
  )

  it.effect("is refused if it goes another way the second time", () =>
    Effect.gen(function* () {
      let runs = 0
      const program = Effect.suspend(() => (runs++ % 2 === 0 ? Effect.void : Effect.yieldNow))
      const error = yield* Effect.flip(Interleavings.check(program))
      assert.strictEqual(error._tag, "NotControlled")
      assert.include(error.message, "outside of the program")
    })
  )

  it.effect("gets clocks, random numbers and timers from the schedule, and the report names them", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const before = Date.now()
        yield* Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 3_600_000))
        const random = yield* Random.next
        return {
          waited: Date.now() - before,
          now: performance.now(),
          made: new Date().getTime(),
          random,
          own: Math.random()
        }
      })
      const report = yield* Interleavings.check(program, { deterministic: true })
      assert.sameMembers(Array.from(new Set(report.answered.map(({ name }) => name))), [
        "Date.now",
        "setTimeout",
        "performance.now",
        "new Date",
        "Math.random"
      ])
      for (const { line } of report.answered) assert.match(line!, /^Interleavings\.test\.ts:\d+$/)
      assert.isAbove(Date.now(), 1e12)
    })
  )
})

describe("options", () => {
  const refusal = (options: unknown) =>
    Effect.map(Effect.exit(Interleavings.check(Effect.void, options as Interleavings.Options)), (exit) =>
      exit._tag === "Failure"
        ? String(exit.cause.reasons.map((reason) => ("defect" in reason ? reason.defect : reason)))
        : ""
    )

  it.effect("that cannot be are refused", () =>
    Effect.gen(function* () {
      for (const [options, words] of [
        [{ schedules: 0 }, "schedules is 0, but must be a whole number from 1 to 100000"],
        [{ schedules: 1_000_000 }, "schedules is 1000000"],
        [{ seed: -1 }, "seed is -1"],
        [{ strategy: "best" }, "strategy is"],
        [{ strategy: [] }, "strategy is"],
        [{ steps: 0 }, "steps is 0"],
        [{ time: "fast" }, "time is"],
        [{ invariants: [] }, "invariants is"],
        [{ replay: 1 }, "replay is 1"],
        [{ schedule: 5 }, "did you mean schedules?"]
      ] as const) {
        assert.include(yield* refusal(options), words)
      }
    })
  )

  it.effect("the report says what ran", () =>
    Effect.gen(function* () {
      const report = yield* Interleavings.check(Effect.void, { schedules: 7, seed: 3 })
      assert.deepStrictEqual(report, { schedules: 7, complete: false, seed: 3, replayed: false, answered: [] })
      const all = yield* Interleavings.check(locks(true), {
        strategy: "exhaustive",
        preemptions: 1,
        schedules: 100_000
      })
      assert.isTrue(all.complete)
    })
  )

  it.effect("a check that is interrupted ends", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Interleavings.check(lostUpdate.pipe(Effect.ignore), { schedules: 100_000 }))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
    })
  )
})

it("extend leaves the functions of a test runner as they are", () => {
  assert.isFunction(it.effect)
  assert.isUndefined((base as { interleavings?: unknown }).interleavings)
})
