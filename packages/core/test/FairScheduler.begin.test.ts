/**
 * Who begins at once though the turn is used up: fibers that are born, interrupted, or build a layer.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Latch, Layer, Scheduler } from "effect"
import { FairScheduler } from "@giveway/core"
import { begin } from "../src/internal/scheduler/schedulerOptions.ts"
import { VirtualLoop } from "./internal/scheduler/virtualLoop.ts"

const turn = 2

const start = () => {
  const loop = new VirtualLoop()
  const scheduler = new FairScheduler.FairScheduler(turn, 1, undefined, loop)
  const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.runFork(effect, { scheduler })
  /** Uses the turn up: a fiber computes for longer than it. */
  const useUp = () => {
    fork(Effect.andThen(loop.spend(10), Effect.andThen(Effect.void, Effect.void)))
  }
  return { loop, scheduler, fork, useUp }
}

const steps = (n: number, step: Effect.Effect<void>) => Effect.forEach(Array.from({ length: n }), () => step)

describe("a fiber that is born in a turn that is used up", () => {
  it("has its listener before whoever forked it goes on", () => {
    const { fork, loop, useUp } = start()
    useUp()
    for (let i = 0; i < 100; i++) {
      let listener: (() => void) | undefined
      fork(
        Effect.andThen(
          steps(20, Effect.void),
          Effect.callback<void>((resume) => {
            listener = () => resume(Effect.void)
          })
        )
      )
      loop.time += 0.2
      assert.isDefined(listener)
    }
  })

  it("is uninterruptible before it can be interrupted", () => {
    const { fork, loop, useUp } = start()
    useUp()
    let done = 0
    const fiber = fork(
      Effect.uninterruptible(
        Effect.sync(() => {
          done++
        })
      )
    )
    fiber.interruptUnsafe()
    loop.run()
    assert.strictEqual(done, 1)
  })

  it("gives way all the same when it runs long", () => {
    const { fork, loop, useUp } = start()
    useUp()
    const before = loop.time
    fork(steps(1000, loop.spend(0.05)) as Effect.Effect<unknown>)
    assert.isAtMost(loop.time - before, 1)
    loop.run()
    assert.closeTo(loop.time - before, 50, 1e-6)
  })

  it("waits if the one operation that starts it has outlasted the turn, as that of a forEach", () => {
    const { fork, loop } = start()
    const before = loop.time
    fork(Effect.forEach(Array.from({ length: 1000 }), () => loop.spend(0.1), { concurrency: "unbounded" }))
    assert.isAtMost(loop.time - before, turn + 1.5)
    loop.run()
    assert.closeTo(loop.time - before, 100, 1e-6)
  })

  it("waits too if it is started when the end of another one is told, as by a forEach with a concurrency", () => {
    const { fork, loop } = start()
    const before = loop.time
    fork(Effect.forEach(Array.from({ length: 1000 }), () => loop.spend(0.1), { concurrency: 10 }))
    assert.isAtMost(loop.time - before, turn + 1.5)
    const passes = loop.run()
    assert.isAtMost(Math.max(...passes), turn + 1.5)
  })
})

describe("a fiber that an operation resumes or starts after its slice is over", () => {
  it("has gone on when the operation does: a latch that is opened, a child that is started", () => {
    for (const spent of [1.5, 10]) {
      const { fork, loop } = start()
      const latch = Latch.makeUnsafe()
      const order: Array<string> = []
      const mark = (name: string) => Effect.sync(() => order.push(name))
      fork(Effect.andThen(latch.await, mark("waiter")))
      fork(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => {
            loop.time += spent
            fork(mark("child"))
            latch.openUnsafe()
            order.push("opened")
          })
        )
      )
      // others are ready, so that a slice ends before the turn
      fork(Effect.andThen(Effect.yieldNow, Effect.void))
      loop.run()
      assert.deepStrictEqual(order, ["child", "waiter", "opened"])
    }
  })

  it("gives way all the same when it runs long, and so do the others that the operation resumes", () => {
    const { fork, loop } = start()
    const latch = Latch.makeUnsafe()
    for (let i = 0; i < 1000; i++) fork(Effect.andThen(latch.await, steps(10, loop.spend(0.05))))
    fork(
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => {
          loop.time += 10
          const before = loop.time
          latch.openUnsafe()
          assert.isAtMost(loop.time - before, 0.5)
        })
      )
    )
    const passes = loop.run()
    assert.isAtMost(Math.max(...passes.slice(1)), turn + 2)
  })

  it("makes a turn longer by a slice at most, however many operations resume others", () => {
    const { fork, loop } = start()
    for (let i = 0; i < 1000; i++) {
      const latch = Latch.makeUnsafe()
      fork(Effect.andThen(latch.await, steps(4, loop.spend(0.05))))
      fork(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => {
            loop.time += 0.2
            latch.openUnsafe()
          })
        )
      )
    }
    const passes = loop.run()
    assert.isAtMost(Math.max(...passes), turn + 1 + 0.5)
  })
})

describe("a fiber that is interrupted in a turn that is used up", () => {
  it("never runs its body if it had not begun", () => {
    const { fork, loop } = start()
    let ran = 0
    const parent = fork(
      Effect.gen(function* () {
        yield* Effect.yieldNow
        const children: Array<Fiber.Fiber<void>> = []
        for (let i = 0; i < 40; i++) {
          children.push(
            yield* Effect.forkChild(
              Effect.sync(() => {
                ran++
              })
            )
          )
        }
        yield* Effect.sync(() => {
          loop.time += 10
          for (const child of children) child.interruptUnsafe()
        })
        for (const child of children) assert.isTrue(Exit.isFailure(yield* Fiber.await(child)))
      })
    )
    loop.run()
    assert.isTrue(Exit.isSuccess(parent.pollUnsafe()!))
    assert.strictEqual(ran, 0)
  })

  it("has run its finalizers when whoever interrupted it from a callback goes on", () => {
    const { fork, loop, useUp } = start()
    let closed = false
    const fiber = fork(
      Effect.ensuring(
        Effect.never,
        Effect.sync(() => {
          closed = true
        })
      )
    )
    loop.run()
    useUp()
    fiber.interruptUnsafe()
    assert.isTrue(closed)
  })
})

describe("a fiber that opens something in one operation and attaches its handler in the next ones", () => {
  /** Opens, which takes longer than a turn, then attaches; what comes when the loop turns in between is lost. */
  const opening = (loop: VirtualLoop, port: { isOpen: boolean; isHeard: boolean }) =>
    Effect.gen(function* () {
      yield* Effect.sync(() => {
        loop.time += 5
        port.isOpen = true
      })
      yield* steps(10, loop.spend(0.01))
      yield* Effect.sync(() => {
        port.isHeard = true
      })
    })

  it("does both before the loop turns, though the first uses the turn up, and others are ready", () => {
    const { fork, loop } = start()
    fork(Effect.andThen(Effect.yieldNow, steps(100, loop.spend(0.5)) as Effect.Effect<unknown>))
    const port = { isOpen: false, isHeard: false }
    fork(Effect.andThen(Effect.yieldNow, opening(loop, port)))
    for (let pass = 0; !port.isOpen; pass++) loop.pass()
    assert.isTrue(port.isHeard)
    loop.run()
  })

  it("attaches in the callback that says it is open, though the turn is used up by then", () => {
    const { fork, loop, useUp } = start()
    let open: (() => void) | undefined
    const port = { isOpen: false, isHeard: false }
    fork(
      Effect.andThen(
        Effect.callback<void>((resume) => {
          open = () => resume(Effect.void)
        }),
        Effect.andThen(
          steps(10, loop.spend(0.01)),
          Effect.sync(() => {
            port.isHeard = true
          })
        )
      )
    )
    loop.run()
    useUp()
    open!()
    assert.isTrue(port.isHeard)
    loop.run()
  })

  it("a few do in each turn, not a thousand that are due at once", () => {
    const { fork, loop, useUp } = start()
    const resumes: Array<() => void> = []
    for (let i = 0; i < 1000; i++) {
      fork(
        Effect.andThen(
          Effect.callback<void>((resume) => void resumes.push(() => resume(Effect.void))),
          steps(5, loop.spend(0.1))
        ) as Effect.Effect<unknown>
      )
    }
    loop.run()
    useUp()
    const before = loop.time
    for (const resume of resumes) resume()
    assert.isAtMost(loop.time - before, 3 * (0.25 + 0.4))
  })
})

describe("a fiber that builds a layer", () => {
  class Port extends Context.Service<Port, { readonly handle: (handler: () => void) => void }>()("Port") {}

  it("opens a port and attaches its handler without a turn of the loop in between", () => {
    const { fork, loop } = start()
    const lost: Array<number> = []
    let handler: (() => void) | undefined
    let isOpen = false
    const port = Layer.effect(
      Port,
      Effect.sync(() => {
        isOpen = true
        return {
          handle: (given: () => void) => {
            handler = given
          }
        }
      })
    )
    const routes = Layer.effectDiscard(
      Effect.gen(function* () {
        const { handle } = yield* Port
        for (let i = 0; i < 1000; i++) yield* loop.spend(0.1)
        handle(() => {})
      })
    )
    const fiber = fork(Layer.launch(routes.pipe(Layer.provide(port))))
    for (let pass = 0; pass < 100 && !loop.idle; pass++) {
      loop.pass()
      if (isOpen && handler === undefined) lost.push(pass)
    }
    assert.deepStrictEqual(lost, [])
    assert.isDefined(handler)
    fiber.interruptUnsafe()
  })

  it("gives way after as many operations as under Effect's own scheduler", () => {
    const { fork, loop } = start()
    let built = 0
    fork(
      Effect.scoped(
        Layer.build(
          Layer.effectDiscard(
            Effect.gen(function* () {
              for (let i = 0; i < 1000; i++) yield* loop.spend(0.1)
              built++
            })
          )
        )
      ).pipe(Effect.provideService(Scheduler.MaxOpsBeforeYield, 100))
    )
    assert.strictEqual(built, 0)
    loop.run()
    assert.strictEqual(built, 1)
  })

  it("is fair again once it is built, and so is what it forked", () => {
    const { fork, loop } = start()
    const busy = Effect.forever(loop.spend(0.1), { disableYield: true })
    fork(Layer.launch(Layer.effectDiscard(Effect.forkScoped(busy))))
    const passes = loop.run(200)
    assert.isAtMost(Math.max(...passes.slice(50)), turn + 1.5)
  })
})

it("a program that begins in a turn that its start has used up begins in one of its own, of 10 ms", () => {
  const before = [true, false].map((isToldToBegin) => {
    const { fork, loop, useUp } = start()
    useUp()
    let [ran, ranBeforeImmediate] = [0, 0]
    const child = Effect.andThen(
      loop.spend(0.4),
      Effect.sync(() => void ran++)
    )
    const program = Effect.gen(function* () {
      for (let n = 0; n < 20; n++) yield* Effect.forkChild(child)
      loop.afterPoll(() => (ranBeforeImmediate = ran))
      yield* Effect.yieldNow
    })
    fork(isToldToBegin ? begin(program) : program)
    loop.run()
    assert.strictEqual(ran, 20)
    return ranBeforeImmediate
  })
  assert.strictEqual(before[0], 20)
  assert.isBelow(before[1]!, 20)
})
