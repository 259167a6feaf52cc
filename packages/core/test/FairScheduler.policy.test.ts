/** What FairScheduler decides, under a virtual clock: no real time, so every turn is exact. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Latch, Scheduler, Semaphore } from "effect"
import * as fc from "fast-check"
import { FairScheduler, InvalidOption } from "@giveway/core"
import { VirtualLoop } from "./internal/scheduler/virtualLoop.ts"

const turn = 2
const slice = 1

const start = (options?: { readonly turn?: number; readonly slice?: number; readonly attention?: () => void }) => {
  const loop = new VirtualLoop()
  const scheduler = new FairScheduler.FairScheduler(
    options?.turn ?? turn,
    options?.slice ?? slice,
    options?.attention,
    loop
  )
  const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.runFork(effect, { scheduler })
  return { loop, scheduler, fork }
}

/** Queues a fiber's whole run, so that it starts from the run queue. */
const queued = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(Effect.yieldNow, effect)

const times = (n: number, effect: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    for (let i = 0; i < n; i++) yield* effect
  })

describe("turns", () => {
  it("a pass of the loop stays within the turn, however cheap and dear fibers alternate", () => {
    const step = fc.constantFrom(0.001, 0.01, 0.1, 0.3, 1)
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const { fork, loop } = start()
        for (const step of steps) fork(queued(times(Math.ceil(10 / step), loop.spend(step))))
        const passes = loop.run()
        const longest = Math.max(...steps)
        // three fibers may outlast a turn, each by a quarter of a slice and a step
        const outlasting = 3 * (slice / 4 + longest)
        // until each has run once, up to four of its steps go unseen
        assert.isAtMost(Math.max(...passes.slice(0, steps.length)), turn + 4 * longest + slice / 4 + outlasting)
        // then the clock is read as often as the steps of each need
        assert.isAtMost(Math.max(0, ...passes.slice(steps.length)), turn + 2 * longest + slice / 4 + outlasting)
      })
    )
  })

  it("fibers resumed inline share one turn: a few outlast it, the rest give way at their first operation", () => {
    const { fork, loop, scheduler } = start()
    const resumes: Array<() => void> = []
    for (let i = 0; i < 100; i++) {
      fork(
        Effect.andThen(
          Effect.callback<void>((resume) => void resumes.push(() => resume(Effect.void))),
          times(5, loop.spend(0.1))
        )
      )
    }
    loop.run()
    const before = loop.time
    for (const resume of resumes) resume()
    assert.isAtMost(loop.time - before, turn + 3 * slice * 0.25 + 0.5)
    assert.isAtLeast(FairScheduler.statistics(scheduler).ready, 93)
    // and they run from the queue, a turn at a time
    const passes = loop.run()
    assert.isAtMost(Math.max(...passes), turn + 1)
    assert.closeTo(loop.time - before, 100 * 0.5, 1e-6)
  })

  it("the queue gets half a turn even if inline resumes used all of it, and they get theirs in the next", () => {
    const { fork, loop } = start()
    let inline = 0
    let served = 0
    let resume: (() => void) | undefined
    fork(
      Effect.forever(
        Effect.andThen(
          Effect.callback<void>((cb) => {
            resume = () => cb(Effect.void)
          }),
          Effect.sync(() => {
            loop.time += 5
            inline++
          })
        ),
        { disableYield: true }
      )
    )
    fork(
      queued(
        Effect.forever(
          Effect.sync(() => {
            loop.time += 0.1
            served++
          }),
          { disableYield: true }
        )
      )
    )
    for (let i = 0; i < 20; i++) {
      resume?.()
      loop.pass()
    }
    assert.isAtLeast(inline, 15)
    assert.isAtLeast(served, 20 * (turn / 2 / 0.1) * 0.8)
  })

  it("a new turn begins with the first activity after an idle stretch, not before", () => {
    const { fork, loop, scheduler } = start()
    let resume: (() => void) | undefined
    let steps = 0
    fork(
      Effect.andThen(
        Effect.callback<void>((cb) => {
          resume = () => cb(Effect.void)
        }),
        times(
          15,
          Effect.sync(() => {
            steps++
            loop.time += 0.1
          })
        )
      )
    )
    loop.run()
    loop.time += 60_000
    resume!()
    assert.strictEqual(steps, 15)
    assert.strictEqual(FairScheduler.statistics(scheduler).yields, 0)
    loop.run()
    assert.isTrue(loop.idle)
  })

  it("an idle scheduler asks nothing of the loop", () => {
    const { fork, loop } = start()
    fork(queued(Effect.void))
    loop.run(10)
    assert.isTrue(loop.idle)
  })
})

describe("slices", () => {
  it("CPU-bound fibers take turns: none is ahead by more than a slice and a step", () => {
    const { fork, loop } = start()
    const used = Array.from({ length: 20 }, () => 0)
    used.forEach((_, i) =>
      fork(
        queued(
          Effect.forever(
            Effect.sync(() => {
              loop.time += 0.05
              used[i]! += 0.05
            })
          )
        )
      )
    )
    loop.run(200)
    assert.isAtLeast(Math.min(...used), 10)
    assert.isAtMost(Math.max(...used) - Math.min(...used), 2 * slice + 0.5)
  })

  it("a fiber alone keeps the whole turn", () => {
    const { fork, loop, scheduler } = start()
    fork(queued(times(100, loop.spend(0.1))))
    const passes = loop.run()
    assert.isAtMost(passes.length, 7)
    assert.isAtMost(FairScheduler.statistics(scheduler).yields, 6)
  })

  it("any turn and slice make progress, with operations far longer than either", () => {
    for (const tiny of [0.000_001, 0.01]) {
      const { fork, loop } = start({ turn: tiny, slice: tiny })
      const fibers = [1, 2, 3].map(() => fork(queued(times(50, loop.spend(10)))))
      loop.run(5000)
      assert.isTrue(fibers.every((fiber) => Exit.isSuccess(fiber.pollUnsafe()!)))
    }
  })

  it("MaxOpsBeforeYield does not count: time does", () => {
    const { fork, loop, scheduler } = start()
    const fiber = fork(
      queued(
        times(
          1000,
          Effect.sync(() => {})
        )
      ).pipe(Effect.provideService(Scheduler.MaxOpsBeforeYield, 1))
    )
    loop.run(100)
    assert.isTrue(Exit.isSuccess(fiber.pollUnsafe()!))
    assert.strictEqual(FairScheduler.statistics(scheduler).yields, 0)
  })

  it("PreventSchedulerYield is obeyed", () => {
    const { fork, loop } = start()
    let steps = 0
    const step = Effect.sync(() => {
      steps++
      loop.time += 1
    })
    fork(times(100, step).pipe(Effect.provideService(Scheduler.PreventSchedulerYield, true)))
    assert.strictEqual(steps, 100)
  })

  it("reads the clock seldom for cheap operations", () => {
    const { fork, loop, scheduler } = start()
    fork(times(100_000, loop.spend(0.000_06)))
    loop.run()
    assert.isAtMost(FairScheduler.statistics(scheduler).clockReads, 100_000 / 20)
  })
})

describe("order", () => {
  it("forked fibers start in the order of their forks", () => {
    const { fork, loop } = start()
    const order: Array<number> = []
    fork(
      Effect.gen(function* () {
        const fibers = []
        for (let i = 0; i < 1000; i++) {
          fibers.push(
            yield* Effect.forkChild(
              Effect.sync(() => {
                order.push(i)
                loop.time += 0.01
              })
            )
          )
        }
        for (const fiber of fibers) yield* Fiber.join(fiber)
      })
    )
    loop.run()
    assert.deepStrictEqual(
      order,
      Array.from({ length: 1000 }, (_, i) => i)
    )
  })

  it("yieldNow goes round robin", () => {
    const { fork, loop } = start()
    const order: Array<string> = []
    for (const name of ["a", "b", "c"])
      fork(
        queued(
          times(
            3,
            Effect.andThen(
              Effect.sync(() => order.push(name)),
              Effect.yieldNow
            )
          )
        )
      )
    loop.run()
    assert.strictEqual(order.join(""), "abcabcabc")
  })

  it("priorities order what one fiber has queued, lower numbers first, as under Effect's own scheduler", () => {
    const run = (scheduler: Scheduler.Scheduler) => {
      const order: Array<string> = []
      const queues = (name: string) => {
        const { currentDispatcher } = Effect.runFork(Effect.never, { scheduler })
        for (const priority of [2, 0, -1, 0, 1]) {
          currentDispatcher.scheduleTask(() => order.push(`${name}${priority}`), priority)
        }
        return currentDispatcher
      }
      return { order, dispatchers: [queues("a"), queues("b")] }
    }
    const { loop, scheduler } = start()
    const ours = run(scheduler)
    loop.run()
    const theirs = run(new Scheduler.MixedScheduler())
    for (const dispatcher of theirs.dispatchers) dispatcher.flush()
    assert.deepStrictEqual(ours.order, ["a-1", "a0", "a0", "a1", "a2", "b-1", "b0", "b0", "b1", "b2"])
    assert.deepStrictEqual(ours.order, theirs.order)
  })

  it("a fiber that yields with a high priority for ever starves nobody", () => {
    const { fork, loop } = start()
    fork(Effect.forever(Effect.andThen(loop.spend(0.1), Effect.yieldNowWith(-10)), { disableYield: true }))
    const other = fork(queued(times(20, Effect.yieldNow)))
    loop.run(200)
    assert.isTrue(Exit.isSuccess(other.pollUnsafe()!))
  })
})

describe("weights", () => {
  const hog = (loop: VirtualLoop, used: { ms: number }, step: number) =>
    queued(
      Effect.forever(
        Effect.sync(() => {
          loop.time += step
          used.ms += step
        })
      )
    )

  it("loop time is shared in proportion, whatever the number of fibers of a weight and the length of their steps", () => {
    const { fork, loop } = start()
    const light = { ms: 0 }
    const heavy = { ms: 0 }
    for (let i = 0; i < 10; i++) fork(hog(loop, light, 0.05))
    fork(FairScheduler.withWeight(hog(loop, heavy, 0.2), 3))
    loop.run(500)
    assert.closeTo(heavy.ms / light.ms, 3, 0.3)
  })

  it("children inherit the weight, detached ones too", () => {
    const { fork, loop } = start()
    const light = { ms: 0 }
    const heavy = { ms: 0 }
    fork(hog(loop, light, 0.1))
    fork(
      FairScheduler.withWeight(
        Effect.gen(function* () {
          yield* Effect.forkDetach(hog(loop, heavy, 0.1))
          yield* Effect.forkChild(hog(loop, heavy, 0.1))
          yield* Effect.never
        }),
        4
      )
    )
    loop.run(500)
    assert.closeTo(heavy.ms / light.ms, 4, 0.4)
  })

  it("a weight set while the fiber runs counts from its next yield on", () => {
    const { fork, loop } = start()
    const light = { ms: 0 }
    const changing = { ms: 0 }
    fork(hog(loop, light, 0.1))
    fork(Effect.andThen(times(20, Effect.yieldNow), FairScheduler.withWeight(hog(loop, changing, 0.1), 3)))
    loop.run(5000)
    assert.closeTo(changing.ms / light.ms, 3, 0.3)
  })

  it("a weight that is no number from 0.001 to 1000 is a defect of the effect that it is set for", () => {
    const odd = [
      0,
      -0,
      -1,
      NaN,
      Infinity,
      1e308,
      1000.1,
      1e-308,
      5e-324,
      0.000_999,
      "2" as unknown as number,
      2n as never
    ]
    for (const weight of odd) {
      const exit = Effect.runSyncExit(FairScheduler.withWeight(Effect.void, weight))
      const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(defect, InvalidOption.InvalidOption)
      assert.include(defect.message, "FairScheduler: weight is ")
      assert.include(defect.message, ", but must be a number from 0.001 to 1000")
    }
  })

  it("a bad weight provided past withWeight is a defect of its fiber, and its finalizers still run", () => {
    const { fork, loop } = start()
    let released = false
    const fiber = fork(
      Effect.yieldNow.pipe(
        Effect.ensuring(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => {
              released = true
            })
          )
        ),
        Effect.provideService(FairScheduler.Weight, -2)
      )
    )
    const bystander = fork(queued(Effect.succeed(1)))
    loop.run(100)
    assert.isTrue(released)
    const exit = fiber.pollUnsafe()!
    assert.isTrue(Exit.isFailure(exit) && String(exit.cause).includes("weight is -2, but must be"))
    assert.deepStrictEqual(bystander.pollUnsafe(), Exit.succeed(1))
  })

  it("a bad weight is no trouble of those whom its fiber wakes", () => {
    const { fork, loop } = start()
    const latch = Latch.makeUnsafe()
    const semaphore = Semaphore.makeUnsafe(0)
    const waiters = [fork(latch.await), fork(Effect.asVoid(semaphore.take(1))), fork(latch.await)]
    loop.run(10)
    const waker = fork(
      Effect.andThen(semaphore.release(1), latch.release).pipe(
        Effect.andThen(Effect.void),
        Effect.provideService(FairScheduler.Weight, 0)
      )
    )
    loop.run(10)
    const exit = waker.pollUnsafe()!
    assert.isTrue(Exit.isFailure(exit) && String(exit.cause).includes("weight is 0, but must be"))
    fork(latch.release)
    loop.run(10)
    for (const waiter of waiters) assert.isTrue(Exit.isSuccess(waiter.pollUnsafe()!))
  })
})

describe("isolation", () => {
  it("an observer that throws drops no other fiber, and its error reaches the host", () => {
    const { fork, loop } = start()
    const fibers = [1, 2, 3, 4].map((n) => fork(queued(Effect.succeed(n))))
    const failure = new Error("observer")
    fibers[1]!.addObserver(() => {
      throw failure
    })
    loop.run()
    assert.deepStrictEqual(
      fibers.map((fiber) => fiber.pollUnsafe()),
      [1, 2, 3, 4].map((n) => Exit.succeed(n))
    )
    assert.deepStrictEqual(loop.errors, [failure])
  })

  it("flush runs its own fiber's tasks and nobody else's", () => {
    const { fork, loop } = start()
    const order: Array<string> = []
    const mark = (name: string) => Effect.sync(() => order.push(name))
    const a = fork(
      Effect.andThen(Effect.yieldNow, Effect.andThen(mark("a1"), Effect.andThen(Effect.yieldNow, mark("a2"))))
    )
    fork(Effect.andThen(Effect.yieldNow, mark("b")))
    a.currentDispatcher.flush()
    assert.deepStrictEqual(order, ["a1", "a2"])
    loop.run()
    assert.deepStrictEqual(order, ["a1", "a2", "b"])
  })

  it("a flush inside a flush, and inside the serving of the queue, runs each task once", () => {
    const { fork, loop } = start()
    const order: Array<string> = []
    const mark = (name: string) => Effect.sync(() => order.push(name))
    const inner = fork(Effect.andThen(Effect.yieldNow, mark("inner")))
    const outer = fork(
      Effect.andThen(
        Effect.yieldNow,
        Effect.andThen(
          Effect.sync(() => {
            inner.currentDispatcher.flush()
            outer.currentDispatcher.flush()
          }),
          mark("outer")
        )
      )
    )
    const other = fork(
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => outer.currentDispatcher.flush())
      )
    )
    outer.currentDispatcher.flush()
    loop.run()
    assert.deepStrictEqual(order, ["inner", "outer"])
    assert.isTrue(Exit.isSuccess(other.pollUnsafe()!))
  })

  it("a flush in an exhausted turn gets its work done, a slice at a time, and gives the turn back", () => {
    const { fork, loop, scheduler } = start()
    let steps = 0
    fork(
      Effect.gen(function* () {
        yield* Effect.sync(() => {
          loop.time += 100
          const sub = Effect.runFork(
            Effect.andThen(
              Effect.yieldNow,
              times(
                100,
                Effect.sync(() => {
                  steps++
                  loop.time += 0.1
                })
              )
            ),
            { scheduler }
          )
          sub.currentDispatcher.flush()
          assert.strictEqual(steps, 100)
        })
        yield* times(10, loop.spend(0.1))
      })
    )
    assert.isAtLeast(FairScheduler.statistics(scheduler).ready, 1)
    assert.isAtMost(FairScheduler.statistics(scheduler).tasks, 20)
    loop.run()
  })

  it("an interrupted fiber leaves the queue at once, and its place harms nobody", () => {
    const { fork, loop } = start()
    let ran = false
    const doomed = fork(
      queued(
        Effect.sync(() => {
          ran = true
        })
      )
    )
    const other = fork(queued(Effect.succeed("other")))
    doomed.interruptUnsafe()
    assert.isTrue(Exit.hasInterrupts(doomed.pollUnsafe()!))
    loop.run()
    assert.isFalse(ran)
    assert.deepStrictEqual(other.pollUnsafe(), Exit.succeed("other"))
  })

  it("a fiber that nests others in its operation keeps its own progress", () => {
    const { fork, loop } = start({ turn: 0.5, slice: 0.5 })
    const fiber = fork(
      queued(
        Effect.forEach(
          Array.from({ length: 200 }, (_, i) => i),
          (i) => Effect.as(loop.spend(0.4), i),
          { concurrency: 10 }
        )
      )
    )
    const passes = loop.run(2000)
    assert.strictEqual((fiber.pollUnsafe() as Exit.Success<ReadonlyArray<number>>).value.length, 200)
    assert.isAtMost(Math.max(...passes), 3)
  })

  it("a latch wakes all who wait, in order, within turns", () => {
    const { fork, loop } = start()
    const latch = Latch.makeUnsafe()
    const order: Array<number> = []
    for (let i = 0; i < 50; i++) {
      fork(
        Effect.andThen(
          latch.await,
          Effect.sync(() => {
            loop.time += 0.5
            order.push(i)
          })
        )
      )
    }
    fork(latch.open)
    const passes = loop.run()
    assert.deepStrictEqual(
      order,
      Array.from({ length: 50 }, (_, i) => i)
    )
    assert.isAtMost(Math.max(...passes), turn + 2)
  })
})

describe("hooks", () => {
  it("attention is called before each operation, and may interrupt the fiber that runs", () => {
    let stop = false
    const { fork, loop } = start({
      attention: () => {
        if (stop) Fiber.getCurrent()!.interruptUnsafe()
      }
    })
    let steps = 0
    const fiber = fork(
      Effect.forever(
        Effect.sync(() => {
          if (++steps === 100) stop = true
        })
      )
    )
    loop.run(200)
    assert.strictEqual(steps, 100)
    assert.isTrue(Exit.hasInterrupts(fiber.pollUnsafe()!))
  })

  it("an observer sees each turn begin and end, and since when each task was ready", () => {
    const { fork, loop, scheduler } = start()
    const seen: Array<string> = []
    scheduler.observer = {
      beginTurn: (now, ready, oldest) => seen.push(`begin ${now - 1000} ${ready} ${oldest - 1000}`),
      endTurn: (ready) => seen.push(`end ${ready}`),
      serving: () => seen.push("serving"),
      ran: (readySince) => seen.push(`ran ${readySince - 1000}`)
    }
    fork(queued(loop.spend(3)))
    fork(queued(loop.spend(3)))
    loop.time += 10
    loop.run()
    assert.deepStrictEqual(seen, [
      "begin 0 0 0",
      "serving",
      "ran 0",
      "end 1",
      "begin 13 1 0",
      "serving",
      "ran 0",
      "end 0"
    ])
  })

  it("counts what it does", () => {
    const { fork, loop, scheduler } = start()
    fork(queued(Effect.void))
    assert.strictEqual(FairScheduler.statistics(scheduler).ready, 1)
    loop.run()
    const { clockReads, ready, tasks, turns, yields } = FairScheduler.statistics(scheduler)
    assert.deepStrictEqual({ ready, tasks, turns, yields }, { ready: 0, tasks: 1, turns: 1, yields: 0 })
    assert.isAtLeast(clockReads, 1)
  })
})

describe("any program", () => {
  /** A random tree of fibers: what each does, one after another. */
  type Plan = ReadonlyArray<"work" | "yield" | "priority" | { readonly fork: Plan } | { readonly heavy: Plan }>
  const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
    plan: fc.array(
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("work" as const, "yield" as const, "priority" as const),
        fc.record({ fork: tie("plan") }),
        fc.record({ heavy: tie("plan") })
      ),
      { maxLength: 6 }
    )
  }))

  const count = (plan: Plan): number =>
    plan.reduce<number>(
      (n, step) => n + (typeof step === "string" ? 1 : "fork" in step ? count(step.fork) : count(step.heavy)),
      0
    )

  it("ends with all its steps done, in bounded turns", () => {
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 5 }), (plans) => {
        const { fork, loop } = start()
        let done = 0
        const run = (plan: Plan): Effect.Effect<void> =>
          Effect.gen(function* () {
            const fibers: Array<Fiber.Fiber<void>> = []
            for (const step of plan) {
              if (typeof step === "string") {
                if (step === "work") yield* loop.spend(0.4)
                else yield* step === "yield" ? Effect.yieldNow : Effect.yieldNowWith(-1)
                done++
              } else {
                fibers.push(
                  yield* Effect.forkChild(
                    "fork" in step ? run(step.fork) : FairScheduler.withWeight(run(step.heavy), 2)
                  )
                )
              }
            }
            for (const fiber of fibers) yield* Fiber.join(fiber)
          })
        const fibers = plans.map((plan) => fork(run(plan)))
        const passes = loop.run(10_000)
        assert.isTrue(fibers.every((fiber) => Exit.isSuccess(fiber.pollUnsafe()!)))
        assert.strictEqual(
          done,
          plans.reduce((n, plan) => n + count(plan), 0)
        )
        // three fibers may outlast a turn, each by a quarter of a slice and a step
        for (const ms of passes) assert.isAtMost(ms, turn + 8 * 0.4 + 3 * (slice / 4 + 0.4))
      })
    )
  })
})
