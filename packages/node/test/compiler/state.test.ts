/**
 * Compiled functions that touch state which outlives their call, on fibers that take turns: the results are those of the plain functions,
 * one after the other.
 */
import { Pure } from "@giveway/core"
import { Effect, Fiber } from "effect"
import { assert, describe, it } from "vitest"
import { load } from "./run.ts"

const busy = "for (let i = 0; i < 400000; i++) x = (x * 31 + i) | 0"

/** Functions of one module, each of which takes many slices. `main` gives them. */
const compiled = (source: string): Record<string, (...args: Array<any>) => any> =>
  load(`${source}\nexport function main() { "use steppable"; for (;;) return all }`).main() as never

const pure = (f: (...args: Array<any>) => any) => Pure.fn("f", f, { slice: "1 micros" })

const counters = () =>
  compiled(`let total = 0, x = 0
    function bump() { "use steppable"; const before = total; ${busy}; total = before + 1; return total }
    function fails() { "use steppable"; total++; ${busy}; throw new Error("failed") }
    function peek() { return total }
    function nested(run) { "use steppable"; const before = total; ${busy}; run(); ${busy}; return [before, total] }
    const all = { bump, fails, peek, nested }`)

const interruptSoon = <A>(effect: Effect.Effect<A>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* Effect.yieldNow
    yield* Effect.yieldNow
    yield* Fiber.interrupt(fiber)
  })

describe("state that outlives the call", () => {
  it("each activation sees it as the one before has left it", async () => {
    const { bump } = counters()
    const run = pure(bump!)
    assert.isTrue(Pure.isCompiled(run))
    const results = await Effect.runPromise(
      Effect.all(
        Array.from({ length: 20 }, () => run()),
        { concurrency: "unbounded" }
      )
    )
    assert.deepStrictEqual(
      results.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1)
    )
  })

  it("a plain call, and a synchronous run, wait for nobody: they run the other to its end", async () => {
    const { bump, peek } = counters()
    const run = pure(bump!)
    const seen = await Effect.runPromise(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(run())
        yield* Effect.yieldNow
        yield* Effect.yieldNow
        const plain = peek!()
        const other = yield* Effect.forkChild(run())
        yield* Effect.yieldNow
        yield* Effect.yieldNow
        const sync = Effect.runSync(run())
        return [plain, sync, yield* Fiber.join(fiber), yield* Fiber.join(other)]
      })
    )
    assert.deepStrictEqual(seen, [1, 3, 1, 2])
  })

  it("code that an activation calls is a part of it, also another activation", async () => {
    const { bump, nested } = counters()
    const inner = pure(bump!)
    const outer = pure(nested!)
    const results = await Effect.runPromise(
      Effect.all([outer(() => Effect.runSync(inner())), inner(), outer(() => bump!())], { concurrency: "unbounded" })
    )
    assert.deepStrictEqual(results, [[0, 1], 2, [2, 3]])
  })

  it("an activation that fails, or is interrupted while it waits, holds nobody up", async () => {
    const { bump, fails } = counters()
    const run = pure(bump!)
    const result = await Effect.runPromise(
      Effect.gen(function* () {
        const failing = yield* Effect.forkChild(Effect.exit(pure(fails!)()))
        yield* Effect.yieldNow
        yield* interruptSoon(run())
        const last = yield* Effect.forkChild(run())
        const { _tag } = yield* Fiber.join(failing)
        return [_tag, yield* Fiber.join(last)]
      })
    )
    assert.deepStrictEqual(result, ["Failure", 2])
  })

  it("an interrupted fiber ends at once, and the state is never left half done", async () => {
    const { bump, peek } = counters()
    const run = pure(bump!)
    const seen = await Effect.runPromise(
      Effect.gen(function* () {
        yield* interruptSoon(run())
        return [yield* run(), peek!()]
      })
    )
    assert.deepStrictEqual(seen, [2, 2])
  })

  it("two modules that call each other do not wait for each other", async () => {
    const calls = `function one(other, n) { "use steppable"; const before = total; ${busy}; if (n > 0) other.one(me, n - 1); total = before + 1; return total }`
    const make = () => compiled(`let total = 0, x = 0; ${calls} const me = { one }; const all = me`)
    const [a, b] = [make(), make()]
    const fromA = pure(a["one"]!)
    const fromB = pure(b["one"]!)
    const results = await Effect.runPromise(
      Effect.all([fromA(b, 2), fromB(a, 2), fromA(b, 1), fromB(a, 3)], { concurrency: "unbounded" })
    )
    assert.lengthOf(results, 4)
  })
})
