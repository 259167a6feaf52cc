/**
 * The program of a test: same tasks, same errors, no threads.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task, TestCompute } from "@giveway/core"
import { Cause, Context, Deferred, Effect, Exit, Fiber, Layer, Option, Schema } from "effect"

class NotPositive extends Schema.TaggedError<NotPositive>()("NotPositive", { value: Schema.Number }) {}
class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, y: Schema.Number }) {}

const url = import.meta.url

describe("TestCompute", () => {
  it.effect("runs a plain handler", () =>
    Effect.gen(function* () {
      const sum = Task.make(url, "sum", { payload: Schema.Array(Schema.Number), success: Schema.Number }, (numbers) =>
        numbers.reduce((a, b) => a + b, 0)
      )
      assert.strictEqual(yield* Compute.run(sum, [1, 2, 3]), 6)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("gives classes, options and failures back as what they were", () =>
    Effect.gen(function* () {
      const mirror = Task.make(
        url,
        "mirror",
        { payload: Point, success: Schema.Option(Point), error: NotPositive },
        (point) => (point.x > 0 ? Option.some(point) : Effect.fail(new NotPositive({ value: point.x })))
      )
      const some = yield* Compute.run(mirror, new Point({ x: 1, y: 2 }))
      assert.isTrue(Option.isSome(some) && some.value instanceof Point)
      const error = yield* Effect.flip(Compute.run(mirror, new Point({ x: -1, y: 2 })))
      assert.instanceOf(error, NotPositive)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("lets a plain handler fail by throwing what its error schema describes", () =>
    Effect.gen(function* () {
      const thrower = Task.make(
        url,
        "thrower",
        { payload: Schema.Number, success: Schema.Void, error: NotPositive },
        (value) => {
          throw new NotPositive({ value })
        }
      )
      const error = yield* Effect.flip(Compute.run(thrower, 3))
      assert.instanceOf(error, NotPositive)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("fails a payload that misses its schema, naming the field", () =>
    Effect.gen(function* () {
      const area = Task.make(
        url,
        "area",
        { payload: Schema.Struct({ size: Schema.Struct({ width: Schema.Int }) }), success: Schema.Number },
        ({ size }) => size.width
      )
      const error = yield* Effect.flip(Compute.run(area, { size: { width: 1.5 } }))
      assert.instanceOf(error, Compute.PayloadInvalid)
      assert.include(error.message, 'task "area"')
      assert.include(error.message, "Expected an integer at size.width, got 1.5")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("fails what cannot cross a thread, in both directions, naming the field", () =>
    Effect.gen(function* () {
      const echo = Task.make(url, "echo", { payload: Schema.Unknown, success: Schema.Unknown }, (payload) =>
        payload === "function" ? { deep: [() => 1] } : payload
      )
      const sent = yield* Effect.flip(Compute.run(echo, { options: { onDone: () => 1 } }))
      assert.instanceOf(sent, Compute.PayloadNotCloneable)
      assert.strictEqual(sent.path, ".options.onDone")
      const received = yield* Effect.flip(Compute.run(echo, "function"))
      assert.instanceOf(received, Compute.ResultNotCloneable)
      assert.strictEqual(received.path, ".deep[0]")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("fails a result that misses its schema", () =>
    Effect.gen(function* () {
      const liar = Task.make(url, "liar", { payload: Schema.Void, success: Schema.Int }, () => 0.5)
      const error = yield* Effect.flip(Compute.run(liar, undefined))
      assert.instanceOf(error, Compute.ResultInvalid)
      assert.strictEqual(error.channel, "success")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("rebuilds what a job died of, with both stacks", () =>
    Effect.gen(function* () {
      class Broken extends RangeError {
        readonly code = "E_BROKEN"
      }
      const breaks = Task.make(url, "breaks", { payload: Schema.Void, success: Schema.Void }, function insideTheJob() {
        throw new Broken("no", { cause: new TypeError("inner") })
      })
      const whoAsked = Effect.fn("whoAsked")(function* () {
        return yield* Compute.run(breaks, undefined)
      })
      const error = yield* Effect.flip(whoAsked())
      assert.instanceOf(error, Compute.JobDied)
      const cause = error.cause as Broken
      assert.strictEqual(cause.constructor.name, "Broken")
      assert.strictEqual(cause.code, "E_BROKEN")
      assert.instanceOf(cause.cause, TypeError)
      assert.instanceOf(cause, RangeError)
      assert.isFalse(cause instanceof Broken)
      assert.match(error.stack!, /insideTheJob[^]*below: who ran it[^]*TestCompute\.test\.ts/)
      assert.include(error.message, "Broken: no")
      const exit = yield* Effect.exit(whoAsked())
      assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /who ran it[^]*whoAsked/)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("builds a task's services once per layer, and releases them with it", () =>
    Effect.gen(function* () {
      class Counter extends Context.Service<Counter, { readonly next: Effect.Effect<number> }>()("Counter") {}
      const log: Array<string> = []
      const counter = Layer.effect(
        Counter,
        Effect.acquireRelease(
          Effect.sync(() => {
            log.push("built")
            let n = 0
            return { next: Effect.sync(() => ++n) }
          }),
          () => Effect.sync(() => void log.push("released"))
        )
      )
      const options = { payload: Schema.Void, success: Schema.Number, layer: counter }
      const first = Task.make(url, "first", options, () => Effect.flatMap(Counter, (counter) => counter.next))
      const second = Task.make(url, "second", options, () => Effect.flatMap(Counter, (counter) => counter.next))
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(
          [
            yield* Compute.run(first, undefined),
            yield* Compute.run(second, undefined),
            yield* Compute.run(first, undefined)
          ],
          [1, 2, 3]
        )
        assert.deepStrictEqual(log, ["built"])
      }).pipe(Effect.provide(TestCompute.layer))
      assert.deepStrictEqual(log, ["built", "released"])
    })
  )

  it.effect("reports a layer that cannot be built, and tries again", () =>
    Effect.gen(function* () {
      class Flaky extends Context.Service<Flaky, number>()("Flaky") {}
      let attempts = 0
      const flaky = Layer.effect(
        Flaky,
        Effect.suspend(() => (++attempts === 1 ? Effect.fail(new Error("no database")) : Effect.succeed(attempts)))
      )
      const needy = Task.make(url, "needy", { payload: Schema.Void, success: Schema.Number, layer: flaky }, () =>
        Effect.service(Flaky)
      )
      const error = yield* Effect.flip(Compute.run(needy, undefined))
      assert.instanceOf(error, Compute.TaskLayerFailed)
      assert.include(error.message, "no database")
      assert.strictEqual(yield* Compute.run(needy, undefined), 2)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("runs the handler's finalizers when its caller is interrupted", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      let finalized = false
      const waits = Task.make(url, "waits", { payload: Schema.Void, success: Schema.Void }, () =>
        Effect.andThen(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.ensuring(Effect.sync(() => (finalized = true)))
        )
      )
      const fiber = yield* Effect.forkChild(Compute.run(waits, undefined))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(finalized)
      assert.strictEqual((yield* Compute.statistics).cancelled, 1)
    }).pipe(Effect.provide(TestCompute.layer))
  )
})

describe("Task", () => {
  it("refuses two tasks of one name in one module", () => {
    const options = { payload: Schema.Void, success: Schema.Void }
    Task.make(url, "twice", options, () => undefined)
    assert.throws(() => Task.make(url, "twice", options, () => undefined), /two tasks with the name "twice"/)
  })

  it("lets a module that is evaluated again define its tasks again", () => {
    const define = (n: number) => Task.make(url, "again", { payload: Schema.Void, success: Schema.Number }, () => n)
    define(1)
    assert.doesNotThrow(() => define(2))
  })

  it("makes its layer provide what the handler needs", () => {
    class Needed extends Context.Service<Needed, number>()("Needed") {}
    const options = { payload: Schema.Void, success: Schema.Number }
    // @ts-expect-error: nobody provides Needed
    Task.make(url, "unprovided", options, () => Effect.service(Needed))
    Task.make(url, "provided", { ...options, layer: Layer.succeed(Needed)(1) }, () => Effect.service(Needed))
    // a scope is there for every job
    const release = Effect.addFinalizer(() => Effect.void)
    const scoped = Task.make(url, "scoped", options, () => Effect.as(release, 1))
    assert.isTrue(Task.isTask(scoped))
    // @ts-expect-error: the error schema is missing
    Task.make(url, "undeclared", options, () => Effect.fail("no"))
  })

  it("infers what a task takes, gives and fails with", () => {
    const task = Task.make(
      url,
      "typed",
      { payload: Schema.Struct({ n: Schema.Number }), success: Schema.String, error: NotPositive },
      ({ n }) => String(n)
    )
    const exact = <A, B>(_: [A] extends [B] ? ([B] extends [A] ? true : false) : false) => undefined
    exact<Task.PayloadOf<typeof task>, { readonly n: number }>(true)
    exact<Task.SuccessOf<typeof task>, string>(true)
    exact<Task.FailureOf<typeof task>, NotPositive>(true)
    const program = Compute.run(task, { n: 1 })
    exact<typeof program, Effect.Effect<string, NotPositive | Compute.ComputeError, Compute.Compute>>(true)
    assert.isTrue(Task.isTask(task))
    // @ts-expect-error: the payload is a struct
    Compute.run(task, 1)
  })
})
