/**
 * A `Compute` that a user wrote: what its author leaves out, and what the functions of `Compute` make of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Pure, Task, TestCompute } from "@giveway/core"
import * as standing from "../src/internal/caller/standing.ts"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"

const url = import.meta.url

const half = Task.make(url, "half", { payload: Schema.Number, success: Schema.Number, error: Schema.String }, (n) =>
  n % 2 === 0 ? n / 2 : Effect.fail(`${n} is odd`)
)

const counting = Task.stream(url, "counting", { payload: Schema.Number, element: Schema.Number }, (to) =>
  Stream.range(1, to)
)

/** Each job on the calling fiber, nothing copied. */
const direct = (ran: Array<unknown> = []) =>
  Layer.succeed(
    Compute.Compute,
    Compute.make({
      run: <P, A, E>(task: Task.Task<P, A, E>, payload: P) =>
        Effect.suspend(() => {
          ran.push(payload)
          const result = task.handler(payload)
          return Effect.isEffect(result) ? (result as Effect.Effect<A, E>) : Effect.succeed(result as A)
        })
    })
  )

/** TestCompute, with every run noted. */
const wrapped = (ran: Array<unknown>, options: Array<unknown> = []) =>
  Layer.effect(
    Compute.Compute,
    Effect.map(Compute.Compute, (inner) => ({
      ...inner,
      run: <P, A, E>(task: Task.Task<P, A, E>, payload: P, given?: Compute.RunOptions) => {
        ran.push(payload)
        options.push(given)
        return inner.run(task, payload, given)
      }
    }))
  ).pipe(Layer.provide(TestCompute.layer))

describe("Compute.make", () => {
  it("refuses a parallelism with which a collection would never begin", () => {
    assert.throws(() => Compute.make({ run: () => Effect.never, parallelism: 0 }), /a whole number from 1/)
  })

  it.effect("runs as many chunks at a time as its parallelism says", () =>
    Effect.gen(function* () {
      let running = 0
      let most = 0
      const four = Compute.make({
        run: () =>
          Effect.acquireUseRelease(
            Effect.sync(() => (most = Math.max(most, ++running))),
            () => Effect.as(Effect.yieldNow, 1 as never),
            () => Effect.sync(() => void running--)
          ),
        parallelism: 4
      })
      yield* Effect.provideService(
        Compute.forEach(
          Array.from({ length: 20 }, () => 2),
          half
        ),
        Compute.Compute,
        four
      )
      assert.strictEqual(most, 4)
    })
  )

  it.effect("runs a job with the run it is given", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Compute.run(half, 4), 2)
      assert.strictEqual(yield* Effect.flip(Compute.run(half, 3)), "3 is odd")
    }).pipe(Effect.provide(direct()))
  )

  it.effect("runs a collection item by item, up to the first failure", () => {
    const ran: Array<unknown> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Compute.forEach([2, 4, 6], half, { chunk: 2 }), [1, 2, 3])
      const doubled = Stream.make(2, 4).pipe(Compute.map(half, { chunk: 2 }), Stream.runCollect)
      assert.deepStrictEqual(yield* doubled, [1, 2])
      ran.length = 0
      const failure = yield* Effect.flip(Compute.forEach([2, 3, 4], half, { chunk: 3 }))
      assert.strictEqual(failure, "3 is odd")
      assert.deepStrictEqual(ran, [2, 3])
    }).pipe(Effect.provide(direct(ran)))
  })

  it.effect("is ready, shows zeros, and places pure functions on the calling fiber", () =>
    Effect.gen(function* () {
      yield* Compute.ready
      assert.deepInclude(yield* Compute.statistics, { workers: 0, completed: 0 })
      const twice = Pure.fn("twice", (n: number) => n * 2)
      assert.strictEqual(yield* Compute.auto(twice, 21), 42)
      const { functions } = yield* Compute.placement
      assert.deepInclude(functions[0], { name: "twice", worker: 0 })
    }).pipe(Effect.provide(direct()))
  )

  it.effect("runs work that is written in place", () =>
    Effect.gen(function* () {
      const add = Compute.fn((a: number, b: number) => a + b)
      assert.strictEqual(yield* add(1, 2), 3)
    }).pipe(Effect.provide(direct()))
  )

  it.effect("takes the key and the priority of work that is written in place from its options", () =>
    Effect.gen(function* () {
      let seen: unknown
      const looking = Compute.make({
        run: () =>
          Effect.withFiber((fiber) => {
            seen = standing.of(fiber.context)
            return Effect.die("seen")
          })
      })
      const add = Compute.fn((a: number) => a + 1, { key: "tenant", priority: 3 })
      yield* Effect.exit(Effect.provideService(add(1), Compute.Compute, looking))
      assert.deepStrictEqual(seen, { key: "tenant", priority: 3 })
    })
  )

  it.effect("dies of a task that emits, and names it, unless it is given a stream", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Stream.runCollect(Compute.stream(counting, 2)))
      assert.isTrue(Exit.isFailure(exit) && String(exit.cause).includes('Task "counting" emits'))
      const streaming = Compute.make({
        run: () => Effect.die("unused"),
        stream: (task, payload) => task.handler(payload) as Stream.Stream<any>
      })
      const elements = Stream.runCollect(Compute.stream(counting, 2))
      assert.deepStrictEqual(yield* Effect.provideService(elements, Compute.Compute, streaming), [1, 2])
    }).pipe(Effect.provide(direct()))
  )

  it.effect("interrupts the run of an item with its caller", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      let gone = false
      const waiting = Compute.make({
        run: () =>
          Effect.onInterrupt(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), () =>
            Effect.sync(() => {
              gone = true
            })
          )
      })
      const fiber = yield* Effect.forkChild(
        Effect.provideService(Compute.forEach([2, 4], half), Compute.Compute, waiting)
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(gone)
    })
  )
})

describe("a Compute that wraps another", () => {
  it.effect("is asked by every function, and hears the options", () => {
    const ran: Array<unknown> = []
    const options: Array<unknown> = []
    return Effect.gen(function* () {
      assert.strictEqual(yield* Compute.run(half, 2, { key: "a" }), 1)
      assert.deepStrictEqual(yield* Compute.forEach([4, 6], half), [2, 3])
      assert.deepStrictEqual(ran, [2, 4, 6])
      assert.deepStrictEqual(options, [{ key: "a" }, undefined, undefined])
      // what it does not override is that of the other
      assert.deepStrictEqual(yield* Stream.runCollect(Compute.stream(counting, 2)), [1, 2])
      assert.strictEqual((yield* Compute.statistics).completed, 4)
    }).pipe(Effect.provide(wrapped(ran, options)))
  })

  it.effect("fails with errors that show who asked for the job", () =>
    Effect.gen(function* () {
      const asksForAJob = () => Compute.run(half, "no number" as never)
      const error = yield* Effect.flip(asksForAJob())
      assert.instanceOf(error, Compute.PayloadInvalid)
      assert.match(error.stack!, /asksForAJob/)
    }).pipe(Effect.provide(wrapped([])))
  )
})

it.effect("the service itself can be called", () =>
  Effect.gen(function* () {
    const compute = yield* Compute.Compute
    assert.strictEqual(yield* compute.run(half, 8, { priority: 1 }), 4)
    assert.strictEqual((yield* Effect.exit(compute.run(half, 8, { priority: 0.5 })))._tag, "Failure")
    assert.deepStrictEqual(yield* Stream.runCollect(compute.stream(counting, 3)), [1, 2, 3])
    const thrice = Pure.fn("thrice", (n: number) => n * 3)
    assert.strictEqual(yield* compute.auto(thrice, [2]), 6)
    assert.strictEqual(compute.parallelism, 1)
    assert.strictEqual(Context.get(Context.make(Compute.Compute, compute), Compute.Compute), compute)
  }).pipe(Effect.provide(TestCompute.layer))
)
