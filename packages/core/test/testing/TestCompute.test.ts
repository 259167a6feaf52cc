/**
 * The program of a test: same tasks, same errors, no threads.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Supervision, Task, TestCompute } from "@giveway/core"
import * as allowances from "../../src/internal/watched/allowances.ts"
import { now } from "../../src/internal/sharedMemory/clock.ts"
import { TestClock } from "effect/testing"
import {
  Cause,
  Config,
  ConfigProvider,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Schedule,
  Schema,
  Stream
} from "effect"

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

  it.effect("fails what cannot even be looked at: throwing getters, values deeper than the stack", () =>
    Effect.gen(function* () {
      let deep: unknown = () => 1
      for (let i = 0; i < 50_000; i++) deep = { deep }
      const trap = {
        get trapped() {
          throw new Error("caught you")
        }
      }
      const echo = Task.make(url, "hostile", { payload: Schema.Unknown, success: Schema.Unknown }, (which) =>
        which === "deep" ? deep : which === "trap" ? trap : which
      )
      for (const payload of [deep, trap]) {
        assert.instanceOf(yield* Effect.flip(Compute.run(echo, payload)), Compute.PayloadNotCloneable)
      }
      for (const which of ["deep", "trap"]) {
        assert.instanceOf(yield* Effect.flip(Compute.run(echo, which)), Compute.ResultNotCloneable)
      }
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
      assert.match(error.stack!, /insideTheJob[^]*below: the call[^]*TestCompute\.test\.ts/)
      assert.include(error.message, "Broken: no")
      const exit = yield* Effect.exit(whoAsked())
      assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /below: the call[^]*whoAsked/)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("says what was thrown, also if it is no error", () =>
    Effect.gen(function* () {
      const throws = Task.make(url, "throws", { payload: Schema.Unknown, success: Schema.Void }, (value) => {
        throw value
      })
      const error = yield* Effect.flip(Compute.run(throws, { code: 5 }))
      assert.strictEqual(error.message, 'Task "throws" died: {"code":5} (of type object)')
      assert.deepStrictEqual((error as Compute.JobDied).cause, { code: 5 })
      const bare = yield* Effect.flip(Compute.run(throws, Object.create(null)))
      assert.include(bare.message, "(of type object)")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("survives an error that is its own cause", () =>
    Effect.gen(function* () {
      const circles = Task.make(url, "circles", { payload: Schema.Void, success: Schema.Void }, () => {
        const error = new Error("round")
        error.cause = error
        throw error
      })
      const error = yield* Effect.flip(Compute.run(circles, undefined))
      assert.instanceOf(error, Compute.JobDied)
      let length = 0
      for (let cause: unknown = error; cause instanceof Error && length < 100; cause = cause.cause) length++
      assert.isBelow(length, 100)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("refuses a handler that returns a promise, whatever its schema takes", () =>
    Effect.gen(function* () {
      // a handler as JavaScript or a cast would bring it; the type refuses it
      const later = (async () => Promise.reject(new Error("unheard"))) as () => unknown as () => void
      const lost = Task.make(url, "lost", { payload: Schema.Void, success: Schema.Void }, later)
      const error = yield* Effect.flip(Compute.run(lost, undefined))
      assert.instanceOf(error, Compute.JobDied)
      assert.match(error.message, /handler of task "lost" returned a promise.*Effect\.promise/)
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

  it.effect("keeps deadlines, in virtual time", () =>
    Effect.gen(function* () {
      let finalized = false
      const sleeps = Task.make(url, "sleeps", { payload: Schema.Number, success: Schema.String }, (ms) =>
        Effect.as(Effect.sleep(ms), "slept").pipe(Effect.onInterrupt(() => Effect.sync(() => void (finalized = true))))
      )
      const early = yield* Effect.forkChild(Compute.run(sleeps, 900, { timeout: "1 second" }))
      const late = yield* Effect.forkChild(Effect.flip(Compute.run(sleeps, 1100, { timeout: "1 second" })))
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* Fiber.join(early), "slept")
      assert.deepInclude(yield* Fiber.join(late), { _tag: "JobTimedOut", task: "sleeps", timeoutMs: 1000 })
      assert.isTrue(finalized)
      const cause = yield* Effect.flip(Effect.sandbox(Compute.run(sleeps, 1, { timeout: -1 })))
      assert.include(String(Cause.squash(cause)), "Compute: timeout is -1, but must be a duration")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("runs tasks over collections, through the same schemas", () =>
    Effect.gen(function* () {
      const root = Task.make(
        url,
        "root",
        { payload: Schema.Number, success: Schema.Option(Schema.Number), error: NotPositive },
        (value) => (value < 0 ? Effect.fail(new NotPositive({ value })) : Option.some(Math.sqrt(value)))
      )
      assert.deepStrictEqual(yield* Compute.forEach([1, 4, 9], root), [1, 2, 3].map(Option.some))
      assert.instanceOf(yield* Effect.flip(Compute.forEach([1, -1], root, { chunk: 2 })), NotPositive)
      const roots = yield* Stream.make(4, 16).pipe(Compute.map(root), Stream.runCollect)
      assert.deepStrictEqual(roots, [2, 4].map(Option.some))
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("fails with the error that an iterable throws, after the elements before it", () =>
    Effect.gen(function* () {
      const options = { payload: Schema.String, element: Schema.Int, error: NotPositive }
      const generator = Task.stream(url, "throwing generator", options, function* (how) {
        yield 1
        if (how === "fail") throw new NotPositive({ value: -1 })
        if (how === "die") throw new Error("broken")
        yield 2
      })
      const iterable = Task.stream(url, "throwing iterable", options, (how) => ({
        [Symbol.iterator]: () => {
          if (how === "fail") throw new NotPositive({ value: -1 })
          return [1, 2][Symbol.iterator]()
        }
      }))
      const seen = (task: typeof generator, how: string) =>
        Effect.gen(function* () {
          const elements: Array<number> = []
          const all = Stream.runForEach(Compute.stream(task, how), (n) => Effect.sync(() => elements.push(n)))
          return [elements, yield* Effect.match(all, { onSuccess: () => "end", onFailure: ({ _tag }) => _tag })]
        })
      assert.deepStrictEqual(yield* seen(generator, "end"), [[1, 2], "end"])
      assert.deepStrictEqual(yield* seen(generator, "fail"), [[1], "NotPositive"])
      assert.deepStrictEqual(yield* seen(generator, "die"), [[1], "JobDied"])
      assert.deepStrictEqual(yield* seen(iterable, "end"), [[1, 2], "end"])
      assert.deepStrictEqual(yield* seen(iterable, "fail"), [[], "NotPositive"])
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("closes an iterable whose elements are not wanted any more", () =>
    Effect.gen(function* () {
      let finalized = 0
      const endless = Task.stream(url, "endless", { payload: Schema.Void, element: Schema.Int }, function* () {
        try {
          for (let n = 0; ; n++) yield n
        } finally {
          finalized++
        }
      })
      const some = Compute.stream(endless, undefined, { window: 2 }).pipe(Stream.take(3), Stream.runCollect)
      assert.deepStrictEqual(yield* some, [0, 1, 2])
      assert.strictEqual(finalized, 1)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("streams what a task emits, and ends it with the stream", () =>
    Effect.gen(function* () {
      let finalized = 0
      const options = { payload: Schema.Number, element: Schema.Option(Schema.Number), error: NotPositive }
      const down = Task.stream(url, "down", options, (from) =>
        Stream.range(0, 1000).pipe(
          Stream.mapEffect((n) =>
            n > from ? Effect.fail(new NotPositive({ value: from - n })) : Effect.succeed(Option.some(from - n))
          ),
          Stream.ensuring(Effect.sync(() => finalized++))
        )
      )
      const seen = yield* Compute.stream(down, 5, { window: 2 }).pipe(Stream.take(3), Stream.runCollect)
      assert.deepStrictEqual(seen, [5, 4, 3].map(Option.some))
      assert.strictEqual(finalized, 1)
      assert.instanceOf(yield* Effect.flip(Stream.runDrain(Compute.stream(down, 1))), NotPositive)
      const holds = Task.stream(url, "holds", { payload: Schema.Void, element: Schema.Unknown }, () => [{ f: () => 1 }])
      const refused = yield* Effect.flip(Stream.runDrain(Compute.stream(holds, undefined)))
      assert.instanceOf(refused, Compute.ResultNotCloneable)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("runs inline work that nobody compiled, through the same copies", () =>
    Effect.gen(function* () {
      const given = { list: [1] }
      const push = Compute.fn((to: { readonly list: Array<number> }, n: number) => {
        to.list.push(n)
        return to
      })
      const made = yield* push(given, 2)
      assert.deepStrictEqual(made, { list: [1, 2] })
      assert.deepStrictEqual(given, { list: [1] })
      const doubled = Compute.fn((n: number) => Effect.sync(() => 2 * n))
      assert.strictEqual(yield* doubled(4), 8)
      assert.strictEqual((yield* Compute.statistics).completed, 2)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("inline work fails as it would on a worker", () =>
    Effect.gen(function* () {
      const takes = Compute.fn((point: Point) => point.x)
      const argument = yield* Effect.flip(takes(new Point({ x: 1, y: 2 })))
      assert.instanceOf(argument, Compute.PayloadInvalid)
      assert.include(argument.issue, "at args.0, got an object of class Point")

      const gives = (schema: boolean) =>
        Compute.fn((x: number) => new Point({ x, y: 0 }), schema ? { success: Point } : {})
      const result = yield* Effect.flip(gives(false)(1))
      assert.instanceOf(result, Compute.ResultInvalid)
      assert.instanceOf(yield* gives(true)(1), Point)

      const effect = Effect.fail(new NotPositive({ value: 1 }))
      // @ts-expect-error an error of a class needs its schema
      const undeclared = Compute.effect(effect)
      assert.instanceOf(yield* Effect.flip(undeclared), Compute.ResultInvalid)
      const declared = yield* Effect.flip(Compute.effect(effect, { error: NotPositive }))
      assert.instanceOf(declared, NotPositive)

      const throws = (thrown: unknown) =>
        Compute.fn((): number => {
          throw thrown
        })
      for (const thrown of [new RangeError("no"), "text", { code: 1 }]) {
        const error = yield* Effect.flip(throws(thrown)())
        assert.instanceOf(error, Compute.JobDied)
      }
      // @ts-expect-error nor does it take what needs services
      Compute.fn(() => Effect.void as Effect.Effect<void, never, Context.Service.Any>)
    }).pipe(Effect.provide(TestCompute.layer))
  )
})

describe("what stands around a call", () => {
  const Tenant = Context.Reference<string>("TestCompute.test/Tenant", { defaultValue: () => "nobody" })
  const MODEL = Config.String("GIVEWAY_TEST_MODEL").pipe(Config.withDefault("none"))
  class Model extends Context.Service<Model, string>()("TestCompute.test/Model") {
    static readonly layer = Layer.effect(Model, MODEL)
  }
  const seen = { payload: Schema.Void, success: Schema.Array(Schema.String) }
  const sees = Task.make(url, "sees", { ...seen, layer: Model.layer }, () =>
    Effect.gen(function* () {
      yield* Effect.log("in the job")
      return [yield* MODEL, yield* Tenant, yield* Model]
    }).pipe(Effect.orDie)
  )
  const provider = ConfigProvider.layer(ConfigProvider.fromUnknown({ GIVEWAY_TEST_MODEL: "large" }))
  const around = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(Effect.provideService(Tenant, "one"), Effect.provide(provider))

  it.effect("is not seen by a job, as on a worker: no configuration, no reference", () =>
    Effect.gen(function* () {
      const inside = Compute.run(sees, undefined).pipe(around, Effect.provide(TestCompute.layer))
      assert.deepStrictEqual(yield* inside, ["none", "nobody", "none"])
      const outside = Compute.run(sees, undefined).pipe(Effect.provide(TestCompute.layer), around)
      assert.deepStrictEqual(yield* outside, ["none", "nobody", "none"])
    })
  )

  it.effect("is seen if it is the logger, the log annotations, or the clock of the test", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(message))])
      yield* Effect.provide(Compute.run(sees, undefined), logger)
      assert.deepStrictEqual(logged, [["in the job"]])
      const sleeps = Task.make(url, "sleeps", { payload: Schema.Void, success: Schema.Void }, () =>
        Effect.sleep("1 hour")
      )
      const fiber = yield* Effect.forkChild(Compute.run(sleeps, undefined))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(TestCompute.layer))
  )
})

describe("a job that holds the loop", () => {
  it.effect("is allowed to, for as long as it runs: a worker would run it", () =>
    Effect.gen(function* () {
      const { id } = yield* Effect.fiber
      const reason = (at: number): string | undefined => allowances.reasonFor(id, at, at)
      const holds = Task.make(
        url,
        "holds the loop",
        { payload: Schema.Void, success: Schema.String },
        () => reason(now()) ?? "none"
      )
      assert.match(yield* Compute.run(holds, undefined), /^a job of TestCompute/)
      assert.isUndefined(reason(now()))
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.live(
    "is allowed to in the fibers that it forks and in the layer of its task, and its caller is not before it",
    () =>
      Effect.gen(function* () {
        const held = (ms: number) =>
          Effect.sync(() => {
            for (const end = performance.now() + ms; performance.now() < end;);
          })
        const both = { payload: Schema.Void, success: Schema.Void }
        const forks = Task.make(url, "forks", both, () =>
          Effect.asVoid(Effect.forEach(["one", "two"], (name) => Effect.withSpan(held(60), name), { concurrency: 2 }))
        )
        const slowly = Layer.effectDiscard(held(60).pipe(Effect.withSpan("layer")))
        const layered = Task.make(url, "layered", { ...both, layer: slowly }, () => Effect.void)
        const waits = Task.make(url, "waits", both, () => Effect.sleep("1 millis"))
        yield* Compute.run(forks, undefined)
        yield* Compute.run(layered, undefined)
        // of this slice the job is the last moment
        yield* Effect.sleep("1 millis")
        yield* held(60).pipe(Effect.andThen(Compute.run(waits, undefined)), Effect.withSpan("before"))
        const { recent } = yield* Supervision.Supervision
        const names = ["one", "two", "layer", "before"]
        const stalls = yield* Effect.repeat(recent, {
          until: (seen) => names.every((name) => seen.some(({ hog }) => hog.name === name)),
          schedule: Schedule.spaced("5 millis")
        }).pipe(
          Effect.timeout("10 seconds"),
          Effect.orElseSucceed(() => []),
          Effect.andThen(() => recent)
        )
        const told = stalls
          .filter(({ hog }) => names.includes(hog.name ?? ""))
          .map(({ allowed, hog }) => [hog.name, allowed !== undefined])
        assert.deepStrictEqual(Object.fromEntries(told), { one: true, two: true, layer: true, before: false })
      }).pipe(Effect.provide([TestCompute.layer, Supervision.layer({ logs: false, grace: 0 })]))
  )
})
