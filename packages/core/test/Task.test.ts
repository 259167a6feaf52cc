/**
 * What the definition of a task accepts, and what it is good for afterwards.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task } from "@giveway/core"
import { Context, Effect, Layer, Schema } from "effect"

const url = import.meta.url

class NotPositive extends Schema.TaggedError<NotPositive>()("NotPositive", { value: Schema.Number }) {}

describe("Task", () => {
  it("refuses an option that there is not, by name", () => {
    const options = { payload: Schema.Number, success: Schema.Number, eror: Schema.Never }
    assert.throws(
      () => Task.make("file:///misspelt.ts", "misspelt", options, (n) => n),
      "Task.make: eror is no option; did you mean error?"
    )
  })

  it("refuses two tasks of one name in one module", () => {
    const options = { payload: Schema.Void, success: Schema.Void }
    Task.make(url, "twice", options, () => undefined)
    assert.throws(() => Task.make(url, "twice", options, () => undefined), /two tasks with the name "twice"/)
  })

  it("says what to do where import.meta.url is empty", () => {
    const options = { payload: Schema.Void, success: Schema.Void }
    const none = undefined as unknown as string
    assert.throws(
      () => Task.make(none, "nowhere", options, () => undefined),
      /"nowhere" has no module URL.*CommonJS.*bundle/
    )
    const element = { payload: Schema.Void, element: Schema.Void }
    assert.throws(
      () => Task.stream(none, "nowhere", element, () => []),
      /Task.stream: task "nowhere" has no module URL/
    )
  })

  it("takes the files that a bundler made of one module for that module", () => {
    const options = { payload: Schema.Void, success: Schema.Void }
    const define = (at: string) => Task.make(`${at}#giveway=task-1`, "bundled", options, () => undefined)
    define("file:///out/a.js")
    assert.doesNotThrow(() => define("file:///out/deep/b.js"))
    assert.throws(
      () => Task.make("file:///out/a.js#giveway=task-1", "bundled", options, () => undefined),
      /two tasks with the name "bundled"/
    )
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
    // @ts-expect-error: a promise is neither a number nor an Effect
    Task.make(url, "promised", options, async () => 1)
    // @ts-expect-error: nor is it nothing
    Task.make(url, "promisedVoid", { ...options, success: Schema.Void }, async () => undefined)
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
