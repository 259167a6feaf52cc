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

  it("hears an announcement only where exactly this function was announced, and only once", () => {
    const own = () => "own"
    const other = () => "other"
    Steppable.register.to = own
    Steppable.register.now = 1
    assert.isFalse(Steppable.heard(other))
    assert.strictEqual(Steppable.register.now, 0)
    Steppable.register.now = 1
    assert.isTrue(Steppable.heard(own))
    assert.strictEqual(Steppable.register.now, 0)
  })

  it("an announcement that nobody heard ends with the activation", () => {
    const unheard = () => "unheard"
    const twin = () => {
      Steppable.register.to = unheard
      Steppable.register.now = 1
      throw new Error("before the prologue")
    }
    assert.throws(() => new Steppable.Activation().begin(twin, [], eager), "before the prologue")
    assert.strictEqual(Steppable.register.now, 0)
  })

  it("a value that is no function fails when it is called", () => {
    const f = () => 1
    assert.strictEqual(Steppable.callable(f, "o.f"), f)
    assert.throws(() => (Steppable.callable(undefined, "o.f") as () => void)(), "o.f is not a function")
  })

  it("a call site looks for the methods of the language only", () => {
    const at = Steppable.arraySite()
    const methods = Array.from({ length: 6 }, (_, index) => ({ [`m${index}`]: () => index }))
    for (let round = 0; round < 3; round++) {
      methods.forEach((holder, index) => {
        assert.isUndefined(Steppable.dispatchArray(at, holder[`m${index}`], "o.m"))
      })
      assert.isDefined(Steppable.dispatchArray(at, [].map, "o.m"))
    }
    assert.throws(() => Steppable.dispatchArray(at, undefined, "o.m")!("self"), "o.m is not a function")
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
