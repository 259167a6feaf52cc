/**
 * Which messages of a worker main takes. The pool's own are taken in every test of `NodeCompute`; these are the others.
 */
import { assert, describe, it } from "vitest"
import type { FromWorker } from "@giveway/core/Platform"
import { pack } from "@giveway/core/Platform"
import { isFromWorker, isOutcome, shown } from "../../src/wire/fromWorker.ts"

const cause = pack(new Error("why"))

const right: ReadonlyArray<FromWorker> = [
  null,
  { _tag: "Ready", complaints: ["a"], losses: [], cold: [{ moduleUrl: "m", name: "n", cause }], thread: 1, heapMb: 64 },
  { _tag: "Handlers", moduleUrl: "m", handlers: [{ task: "t", reason: undefined }] },
  {
    _tag: "Watched",
    buffers: { block: new SharedArrayBuffer(1024), totals: new SharedArrayBuffer(16), totalAt: 8 }
  },
  { _tag: "Crashed", cause },
  { _tag: "Stray", harm: { _tag: "Thrown", task: undefined, cause } },
  { _tag: "Stray", harm: { _tag: "Replaced", name: "Array.prototype.push" } },
  { _tag: "Done", job: 1, outcome: { _tag: "Batch", values: [1], stopped: { _tag: "JobDied", cause }, ranMs: 1 } },
  { _tag: "Elements", job: 1, elements: [1] },
  {
    _tag: "Signal",
    job: 1,
    units: 9,
    signal: { _tag: "SpanEvent", span: 1, name: "n", time: 1n, attributes: [["k", cause]] }
  },
  { _tag: "Output", to: "stdout", chunk: "text", units: 9 }
]

/** Each value within `value`, with a function that makes a copy in which another stands in its place. */
const parts = function* (
  value: unknown,
  put: (other: unknown) => unknown = (other) => other
): Generator<(other: unknown) => unknown> {
  yield put
  // values that main hands on, and causes, may be anything
  if (typeof value !== "object" || value === null || value instanceof SharedArrayBuffer || value === cause) return
  for (const key of Object.keys(value)) {
    if (key === "cause" || key === "values" || key === "elements" || key === "attributes") continue
    const within = (other: unknown) =>
      put(
        Array.isArray(value)
          ? value.map((each: unknown, index) => (String(index) === key ? other : each))
          : { ...value, [key]: other }
      )
    yield* parts((value as Record<string, unknown>)[key], within)
  }
}

describe("messages of a worker", () => {
  it("are taken as the worker's loop sends them", () => {
    for (const message of right) assert.isTrue(isFromWorker(structuredClone(message)), JSON.stringify(message, fields))
  })

  it("are refused if any part of them is wrong", () => {
    let refused = 0
    for (const message of right) {
      if (message === null) continue
      for (const put of parts(message)) {
        for (const other of [Symbol.iterator, () => 1, NaN]) {
          const bad = put(other)
          assert.isFalse(isFromWorker(bad), shown(bad))
          refused++
        }
      }
    }
    assert.isAbove(refused, 100)
  })

  it("are refused if they are something else", () => {
    const others = [undefined, 0, "", "Done", true, [], {}, { _tag: "toString" }, { _tag: "__proto__" }, new Map(), 1n]
    for (const other of others) assert.isFalse(isFromWorker(other), shown(other))
    assert.isFalse(isOutcome(undefined))
    assert.isFalse(isOutcome({ _tag: "Batch", values: [], stopped: { _tag: "Success" }, ranMs: 1 }))
    const far = { block: new SharedArrayBuffer(1024), totals: new SharedArrayBuffer(16), totalAt: 16 }
    assert.isFalse(isFromWorker({ _tag: "Watched", buffers: far }))
    assert.isFalse(isFromWorker({ _tag: "Output", to: "stdout", chunk: "x", units: -1 }))
  })

  it("are named in a few words, whatever they are", () => {
    assert.strictEqual(shown(undefined), "undefined")
    assert.strictEqual(shown({ _tag: "x\n".repeat(100) }).length < 150, true)
    assert.strictEqual(shown(Object.create(null)), "an object without a tag")
  })
})

/** JSON has no bigint. */
const fields = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value)
