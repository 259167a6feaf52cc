/**
 * What may be copied: everything that passes is equal to its clone, and nothing else passes.
 */
import { inspect, isDeepStrictEqual } from "node:util"
import { runInNewContext } from "node:vm"
import * as fc from "fast-check"
import { Option } from "effect"
import { assert, describe, it } from "vitest"
import { examine } from "../../../src/internal/job/faithful.ts"

const limit = 10_000
const deeply = {
  depth: null,
  maxArrayLength: null,
  maxStringLength: null,
  breakLength: Infinity,
  compact: true
} as const
const what = (value: unknown): string => {
  const verdict = examine(value, limit)
  return verdict._tag === "Unfaithful" ? `${verdict.path}: ${verdict.what}` : verdict._tag
}

class Point {
  readonly x = 1
}

describe("examine", () => {
  it("passes data", () => {
    const data = [
      1,
      "text",
      null,
      undefined,
      true,
      10n,
      new Date(0),
      new Uint8Array(3),
      new ArrayBuffer(3),
      new SharedArrayBuffer(3),
      new Map([[{ a: 1 }, new Set([Array.from({ length: 3 })])]])
    ]
    assert.strictEqual(what({ data }), "Faithful")
  })

  it("says where a copy would not be as good", () => {
    assert.strictEqual(what({ on: { done: () => 1 } }), ".on.done: the function done")
    assert.strictEqual(what([1, { at: new Point() }]), "[1].at: an object of class Point")
    assert.strictEqual(what([Option.some(1)]).slice(0, 4), "[0]:")
    assert.strictEqual(
      what({
        get x() {
          return 1
        }
      }),
      ".x: a getter"
    )
    assert.strictEqual(what(Symbol("s")), ": Symbol(s)")
    assert.match(what({ [Symbol("s")]: 1 }), /Symbol\(s\)/)
    assert.match(what(new Map([["a", new Point()]])), /Point/)
    assert.match(what(Object.assign(new Date(), { zone: "UTC" })), /zone/)
    assert.match(what(Object.create({ inherited: 1 })), /class Object|prototype/)
    assert.match(what(Object.create(Object.create(null))), /another prototype/)
    assert.match(what(Object.defineProperty({}, "hidden", { value: 1 })), /hidden/)
    assert.match(what(new Error("no")), /Error/)
    assert.match(what(Buffer.from("x")), /Buffer/)
  })

  it("passes plain objects without a prototype, or of another realm", () => {
    assert.strictEqual(what(Object.assign(Object.create(null), { cents: 1 })), "Faithful")
    assert.strictEqual(what(/(?<year>\d+)/.exec("in 2026")!.groups), "Faithful")
    assert.strictEqual(what(Object.groupBy([1, 2], (n) => (n > 1 ? "many" : "one"))), "Faithful")
    assert.strictEqual(what(runInNewContext("({ list: [1, { a: 2 }] })")), "Faithful")
    assert.match(what(runInNewContext("new (class Far extends Array {})()")), /Far/)
  })

  it("runs no code of the value", () => {
    const map = Object.assign(new Map([[1, 2]]), { [Symbol.iterator]: () => assert.fail("it ran") })
    assert.match(what(map), /Symbol.iterator/)
  })

  it("answers for what is hostile, circular or deep", () => {
    const refuse = (): never => {
      throw new Error("hands off")
    }
    assert.match(what(new Proxy({}, { ownKeys: refuse })), /looked at/)
    const circle: Array<unknown> = []
    circle.push(circle)
    assert.notStrictEqual(what(circle), "Faithful")
    let deep: Array<unknown> = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.notStrictEqual(what(deep), "Faithful")
  })

  it("gives up on what takes longer than the limit", () => {
    assert.strictEqual(examine(new Uint8Array(2 ** 26), 1000)._tag, "TooLarge")
    assert.strictEqual(examine("x".repeat(2 ** 24), 1000)._tag, "TooLarge")
    assert.strictEqual(
      examine(
        Array.from({ length: 100_000 }, (_, id) => ({ id })),
        1000
      )._tag,
      "TooLarge"
    )
    assert.strictEqual(examine(new DataView(new ArrayBuffer(2 ** 26)), 1000)._tag, "TooLarge")
    // only the part that it shows crosses
    assert.strictEqual(examine(new Uint8Array(2 ** 28).subarray(0, 1), 1000)._tag, "Faithful")
  })

  it("without a limit, what refers to itself is looked at once", () => {
    interface Node {
      readonly children: Array<Node>
      readonly parent: Node | undefined
      readonly value: unknown
    }
    const root: Node = { children: [], parent: undefined, value: 0 }
    for (let i = 0; i < 50; i++) root.children.push({ children: root.children, parent: root, value: i })
    assert.strictEqual(examine(root)._tag, "Faithful")
    root.children.push({ children: [], parent: root, value: () => 1 })
    assert.deepInclude(examine(root), { _tag: "Unfaithful", what: "the function value" })
  })

  it("what passes equals its clone", () => {
    const check = fc.check(
      fc.property(
        fc.anything({
          withMap: true,
          withSet: true,
          withDate: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
          withBoxedValues: true,
          withBigInt: true
        }),
        (value) => {
          if (examine(value, limit)._tag === "Faithful") {
            const copy = structuredClone(value)
            // twice: the first copy gives a prototype to objects that have none
            assert.isTrue(isDeepStrictEqual(structuredClone(copy), copy))
            assert.strictEqual(
              inspect(copy, deeply),
              inspect(value, deeply).replaceAll("[Object: null prototype] ", "")
            )
          }
        }
      ),
      { seed: Number(process.env["GIVEWAY_SEED"] ?? 1), numRuns: 500 }
    )
    assert.isFalse(check.failed, fc.defaultReportMessage(check))
  })
})
