import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { fields, names, read } from "../../../src/internal/options/fields.ts"
import { nearest } from "../../../src/internal/options/nearestName.ts"
import { boolean, optional, or, wholeNumber } from "../../../src/internal/options/reader.ts"

const reader = fields({
  maxWorkers: or(wholeNumber(1), 4),
  standby: optional(boolean),
  queue: fields({ capacity: or(wholeNumber(0), 1000), ageing: or(wholeNumber(0), 10) })
})

const of = (options: unknown): unknown =>
  Result.match(read(reader, "Pool", options), { onFailure: (error) => error.message, onSuccess: (options) => options })

describe("an object of options", () => {
  it("is read with its defaults, in groups too; undefined is the same as absent, whatever the name", () => {
    const defaults = { maxWorkers: 4, standby: undefined, queue: { capacity: 1000, ageing: 10 } }
    for (const options of [undefined, {}, { maxWorkers: undefined, queue: undefined, other: undefined }]) {
      assert.deepStrictEqual(of(options), defaults)
    }
    assert.deepStrictEqual(of({ queue: { capacity: 1 } }), { ...defaults, queue: { capacity: 1, ageing: 10 } })
  })

  it("names a value that cannot be by its path", () => {
    assert.strictEqual(of({ queue: { capacity: -1 } }), "Pool: queue.capacity is -1, but must be a whole number from 0")
  })

  it("names what is no option, and what may be meant, or all there is", () => {
    assert.strictEqual(of({ maxWorker: 4 }), "Pool: maxWorker is no option; did you mean maxWorkers?")
    assert.strictEqual(of({ queue: { capcity: 4 } }), "Pool: queue.capcity is no option; did you mean queue.capacity?")
    assert.strictEqual(of({ colour: 1 }), "Pool: colour is no option; the options are maxWorkers, standby, queue")
    assert.strictEqual(of({ toString: 1 }), "Pool: toString is no option; the options are maxWorkers, standby, queue")
    const error = Result.getOrThrow(Result.flip(read(reader, "Pool", { maxWorker: 4 })))
    assert.deepInclude(error, { of: "Pool", option: "maxWorker", value: 4, unknown: true })
  })

  it("must be an object", () => {
    assert.strictEqual(of(5), "Pool: options is 5, but must be an object with the options maxWorkers, standby, queue")
    assert.strictEqual(of({ queue: [] }), "Pool: queue is [], but must be an object with the options capacity, ageing")
    assert.strictEqual(
      of({ queue: null }),
      "Pool: queue is null, but must be an object with the options capacity, ageing"
    )
  })
})

it("names alone can be checked", () => {
  const check = names<{ readonly key?: string }>("Compute.run", { key: true })
  assert.isUndefined(check(undefined))
  assert.isUndefined(check({ key: "a" }))
  assert.strictEqual(check({ kee: 1 } as object)?.message, "Compute.run: kee is no option; did you mean key?")
})

it("the nearest name has most letters in common, whatever their case", () => {
  assert.strictEqual(nearest("MAXHEAPMB", ["maxWorkers", "maxHeapMb"]), "maxHeapMb")
  assert.strictEqual(nearest("workers", ["maxWorkers", "minWorker"]), "maxWorkers")
  assert.isUndefined(nearest("cap", ["capacity", "overflow"]))
  assert.isUndefined(nearest("x", []))
})
