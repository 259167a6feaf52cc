import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as labels from "../../../src/internal/hook/labels.ts"

/** A fiber as it is inside of `effect`. */
const fiberIn = (wrap: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>): Fiber.Fiber<unknown, unknown> =>
  Effect.runFork(wrap(Effect.never))

const inSpan = (name: string) => fiberIn(Effect.withSpan(name))

describe("labels", () => {
  it("a name is that of the span, else of the Effect.fn, else there is none", () => {
    const work = Effect.fn("work")(<A>(effect: Effect.Effect<A>) => effect)
    const traced = fiberIn((effect) => Effect.withSpan("request")(effect))
    assert.strictEqual(labels.nameOf(traced), "request")
    assert.strictEqual(labels.nameOf(fiberIn((effect) => work(effect))), "work")
    assert.isUndefined(labels.nameOf(fiberIn((effect) => effect)))
  })

  it("equal names have one label, and a listener is told each once", () => {
    const interned = labels.make()
    const heard: Array<string> = []
    interned.onNew.add(({ label, name }) => heard.push(`${label} ${name}`))
    const [a, b, a2] = ["a", "b", "a"].map((name) => interned.of(inSpan(name)))
    assert.deepStrictEqual([a, b, a2], [1, 2, 1])
    assert.deepStrictEqual(heard, ["1 a", "2 b"])
    assert.strictEqual(interned.name(2), "b")
  })

  it("names made from data do not grow it for ever: a full table calls the rest nameless", () => {
    const interned = labels.make()
    for (let i = 0; i < labels.capacity + 10; i++) interned.of(inSpan(`GET /user/${i}`))
    assert.strictEqual(interned.count(), labels.capacity)
    assert.strictEqual(interned.of(inSpan("GET /another")), 0)
    assert.isUndefined(interned.name(0))
    assert.isAbove(interned.of(inSpan("GET /user/7")), 0)
  })

  it("a name is cut, with a mark, and names that differ behind the cut are one", () => {
    const interned = labels.make()
    const long = "n".repeat(1_000_000)
    const name = labels.nameOf(inSpan(long))!
    assert.strictEqual(name, `${"n".repeat(199)}…`)
    assert.strictEqual(interned.of(inSpan(`${long}1`)), interned.of(inSpan(`${long}2`)))
    assert.strictEqual(interned.name(1), name)
  })

  it("an empty name, and anything that is no text, is no name", () => {
    const throws = {
      get name(): string {
        throw new Error("no name")
      }
    }
    for (const name of ["", undefined, null, 7, Symbol("s"), {}]) assert.isUndefined(labels.givenName({ name }))
    assert.isUndefined(labels.givenName(throws))
    assert.isUndefined(labels.nameOf(inSpan("")))
    assert.strictEqual(labels.make().of(inSpan("")), 0)
  })
})
