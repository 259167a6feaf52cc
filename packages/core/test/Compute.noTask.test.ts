/**
 * A value that is no task, where one is expected: TypeScript keeps it out, JavaScript does not.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Pure, Task, TestCompute } from "@giveway/core"
import { Cause, Effect, Exit, Schema, Stream } from "effect"

const half = Task.make(import.meta.url, "half", { payload: Schema.Number, success: Schema.Number }, (n) => n / 2)

const counting = Task.stream(
  import.meta.url,
  "counting",
  { payload: Schema.Number, element: Schema.Number },
  function* (to) {
    for (let n = 1; n <= to; n++) yield n
  }
)

const none: ReadonlyArray<readonly [name: string, value: any, says: RegExp]> = [
  ["a function", (n: number) => n, /is no task.*Task\.make.*Compute\.fn/],
  ["a function of Pure.fn", Pure.fn("twice", (n: number) => n * 2), /is no task.*Compute\.auto/],
  ["an effect", Effect.succeed(1), /is no task.*Compute\.effect/],
  ["an object", {}, /\{\} is no task.*Task\.make/],
  ["undefined", undefined, /undefined is no task.*circle/],
  ["null", null, /null is no task/],
  ["a name", "half", /"half" is no task/]
]

const ways: ReadonlyArray<
  readonly [name: string, run: (task: any) => Effect.Effect<unknown, unknown, Compute.Compute>]
> = [
  ["Compute.run", (task) => Compute.run(task, 1)],
  ["Compute.run", (task) => Effect.flatMap(Compute.Compute, (compute) => compute.run(task, 1))],
  ["Compute.forEach", (task) => Compute.forEach([1], task)],
  ["Compute.forEach", (task) => Effect.suspend(() => Compute.forEach<any, any, any>(task, { chunk: 1 })([1]))],
  ["Compute.map", (task) => Stream.runDrain(Compute.map(Stream.make(1), task))],
  ["Compute.map", (task) => Stream.make(1).pipe(Compute.map<any, any, any>(task), Stream.runDrain)],
  ["Compute.stream", (task) => Stream.runDrain(Compute.stream(task, 1))],
  ["Compute.stream", (task) => Effect.flatMap(Compute.Compute, (compute) => Stream.runDrain(compute.stream(task, 1)))]
]

/** The message of the defect. */
const defect = (run: Effect.Effect<unknown, unknown, Compute.Compute>) =>
  Effect.map(Effect.exit(run), (exit) => {
    assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause), String(exit))
    return Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""
  }).pipe(Effect.provide(TestCompute.layer))

describe("a value that is no task", () => {
  for (const [what, value, says] of none) {
    it.effect(`says so, and what to write: ${what}`, () =>
      Effect.forEach(ways, ([of, run]) =>
        Effect.map(defect(run(value)), (message) => {
          assert.match(message, says)
          assert.include(message, `${of}: `)
        })
      )
    )
  }

  it.effect("or a task of the other kind names the function to run it with", () =>
    Effect.gen(function* () {
      const emits = yield* defect(Compute.run(counting as any, 1))
      assert.include(emits, 'Compute.run: task "counting" emits elements. Run it with Compute.stream')
      const hasOne = yield* defect(Stream.runDrain(Compute.stream(half as any, 1)))
      assert.include(hasOne, 'Compute.stream: task "half" has one result. Run it with Compute.run')
    })
  )

  it.effect("nor options that are no object", () =>
    Effect.gen(function* () {
      for (const options of [3, null, "fast", []]) {
        assert.include(yield* defect(Compute.run(half, 1, options as any)), "Compute.run: options is ")
        assert.include(yield* defect(Compute.forEach([1], half, options as any)), "Compute.forEach: options is ")
        assert.include(
          yield* defect(Stream.runDrain(Compute.stream(counting, 1, options as any))),
          "Compute.stream: options is "
        )
      }
    })
  )

  it("is not defined either", () => {
    const make = Task.make as (...args: Array<unknown>) => unknown
    const both = { payload: Schema.Number, success: Schema.Number }
    const f = () => 1
    assert.throws(() => make(import.meta.url, 5, both, f), /Task\.make: name is 5, but must be a string/)
    assert.throws(
      () => make(import.meta.url, "a", undefined, f),
      /Task\.make: payload is undefined, but must be a schema/
    )
    assert.throws(
      () => make(import.meta.url, "a", { ...both, payload: Number }, f),
      /payload is the function Number, but must be a schema/
    )
    assert.throws(
      () => make(import.meta.url, "a", { payload: Schema.Number }, f),
      /success is undefined, but must be a schema/
    )
    assert.throws(
      () => make(import.meta.url, "a", { ...both, element: Schema.Number }, f),
      /Task\.make: element is no option/
    )
    assert.throws(() => make(import.meta.url, "a", { ...both, layer: {} }, f), /layer is \{\}, but must be a layer/)
    assert.throws(() => make(import.meta.url, "a", both), /handler is undefined, but must be a function/)
  })

  it.effect("nor work of the other kind", () =>
    Effect.gen(function* () {
      const fn = yield* defect(Effect.suspend(() => (Compute.fn as any)(Effect.succeed(1))()))
      assert.match(fn, /Compute\.fn: f is .*, but must be a function; for an effect there is Compute\.effect/)
      const effect = yield* defect((Compute.effect as any)(() => 1))
      assert.match(
        effect,
        /Compute\.effect: effect is a function, but must be an effect; for a function there is Compute\.fn/
      )
    })
  )

  it("nor a Compute, or a pure function, without its function", () => {
    assert.throws(() => Compute.make({} as any), /Compute\.make: run is undefined, but must be a function/)
    assert.throws(
      () => Compute.make({ run: () => Effect.never, parallelsim: 3 } as any),
      /Compute\.make: parallelsim is no option; did you mean parallelism\?/
    )
    assert.throws(() => Pure.fn("half", 5 as any), /Pure\.fn\("half"\): f is 5, but must be a function/)
  })
})
