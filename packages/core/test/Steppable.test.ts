/**
 * The calling convention, with twins as the compiler writes them: who is resumed when, with what, and what an interrupted
 * activation still runs.
 */
import { assert, describe, it } from "@effect/vitest"
import { Pure } from "@giveway/core"
import * as Steppable from "@giveway/core/Steppable"
import { Effect, Fiber } from "effect"

const { SUSPENDED, save, start } = Steppable

/** Every yield point suspends, and every suspension ends the slice. */
const eager: Steppable.Policy = { begin: () => {}, poll: () => true }

const toEnd = (activation: Steppable.Activation, first: unknown): unknown => {
  let result = first
  while (result === SUSPENDED) result = activation.step(eager)
  return result
}

/** Suspends `times` times, then returns `value` or throws it. */
function inner(times: number, value: unknown, fails: boolean): unknown {
  if (times > 0) return save({ resume: () => inner(times - 1, value, fails) })
  if (fails) throw value
  return value
}

/** Adds up what two calls of `inner` give. */
function outer(a: number, b: number): unknown {
  const first = inner(2, a, false)
  return first === SUSPENDED ? save({ resume: afterFirst, b } as Steppable.Frame) : afterFirst({ b }, first)
}

const afterFirst = ({ b }: { readonly b: number }, first: unknown): unknown => {
  const second = inner(1, b, false)
  const sum = (_: unknown, value: unknown) => `${first} ${value}`
  return second === SUSPENDED ? save({ resume: sum }) : sum(undefined, second)
}

describe("Steppable", () => {
  it("hands each result to the caller that waits for it", () => {
    const activation = new Steppable.Activation()
    assert.strictEqual(toEnd(activation, activation.begin(outer, [1, 2], eager)), "1 2")
  })

  it("goes on at once while the slice is not over", () => {
    let polls = 0
    const patient: Steppable.Policy = { begin: () => {}, poll: () => ++polls < 0 }
    assert.strictEqual(new Steppable.Activation().begin(outer, [1, 2], patient), "1 2")
    assert.strictEqual(polls, 3)
  })

  it("hands an error to a caller that catches it", () => {
    const twin = () =>
      start(
        (function* () {
          try {
            const result = inner(1, new Error("inner"), true)
            return result === SUSPENDED ? yield : result
          } catch (error) {
            return (error as Error).message
          }
        })()
      )
    const activation = new Steppable.Activation()
    assert.strictEqual(toEnd(activation, activation.begin(twin, [], eager)), "inner")
  })

  it("an abandoned activation runs its finally blocks, also those that suspend", () => {
    const log: Array<unknown> = []
    const twin = () =>
      start(
        (function* () {
          try {
            yield
          } finally {
            yield
            const result = inner(2, "closed", false)
            log.push(result === SUSPENDED ? yield : result)
          }
        })()
      )
    const activation = new Steppable.Activation()
    assert.strictEqual(activation.begin(twin, [], eager), SUSPENDED)
    activation.abandon()
    assert.deepStrictEqual(log, ["closed"])
  })

  it("an import is linked to its twin, to itself if it has none, and again when it changes", () => {
    const plain = () => "plain"
    const other = () => "other"
    Steppable.attach(plain, () => "twin")
    const cell: Steppable.Link = {}
    assert.strictEqual((Steppable.link(cell, plain, "f").twin as () => string)(), "twin")
    assert.strictEqual((Steppable.link(cell, other, "f").twin as () => string)(), "other")
    assert.throws(() => (Steppable.link(cell, 1, "f").twin as () => string)(), "f is not a function")
  })

  it("a call site knows the twins of more methods than it has room for", () => {
    const at = Steppable.site()
    const methods = Array.from({ length: 6 }, (_, index) => ({ [`m${index}`]: () => index }))
    methods.forEach((holder, index) => {
      if (index % 2 === 0) Steppable.attachMethods(holder, { [`m${index}`]: (self) => [self, index] })
    })
    for (let round = 0; round < 3; round++) {
      methods.forEach((holder, index) => {
        const twin = Steppable.dispatch(at, holder[`m${index}`], "o.m")
        assert.deepStrictEqual(twin?.("self"), index % 2 === 0 ? ["self", index] : undefined)
      })
    }
    assert.throws(() => Steppable.dispatch(at, undefined, "o.m")!("self"), "o.m is not a function")
  })

  it("a function that is no method has a twin as one, too", () => {
    const plain = () => "plain"
    Steppable.attach(plain, function (this: unknown, ...args) {
      return [this, args]
    })
    assert.deepStrictEqual(Steppable.dispatch(Steppable.site(), plain, "o.f")?.("self", 1, 2), ["self", [1, 2]])
  })
})

describe("Pure.fn", () => {
  const f = (n: number) => n + 1
  const pure = Pure.fn("increment", f)

  it("keeps the name it is given and the length", () => {
    assert.deepStrictEqual([pure.name, pure.length], ["increment", 1])
  })

  it.effect("calls a function that was not compiled as it is", () =>
    Effect.gen(function* () {
      assert.isFalse(Pure.isCompiled(pure))
      assert.strictEqual(yield* pure(1), 2)
    })
  )

  it.live("runs a compiled one in slices, and can be interrupted between them", () =>
    Effect.gen(function* () {
      const endless = () => 0
      let resumed = 0
      const again = (): unknown => {
        for (const end = performance.now() + 0.1; performance.now() < end;);
        resumed++
        return save({ resume: again })
      }
      Steppable.attach(endless, again)
      const fiber = yield* Effect.forkChild(Pure.fn("endless", endless)())
      yield* Effect.sleep("30 millis")
      assert.isAbove(resumed, 1)
      yield* Fiber.interrupt(fiber)
      const until = resumed
      yield* Effect.sleep("10 millis")
      assert.strictEqual(resumed, until)
    })
  )

  it.effect("an error is a defect, as in Effect.sync", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Pure.fn("fails", () => {
          throw new Error("no")
        })()
      )
      assert.strictEqual(exit._tag, "Failure")
    })
  )
})
