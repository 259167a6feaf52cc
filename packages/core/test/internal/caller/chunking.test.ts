/**
 * The size of chunks, against collections whose cost is known.
 */
import { assert, describe, it } from "vitest"
import * as chunking from "../../../src/internal/caller/chunking.ts"

/** Cuts a collection for `lanes` that end one after another; what each chunk takes comes from `costMs`. */
const cut = (items: number, lanes: number, costMs: (item: number) => number): ReadonlyArray<number> => {
  const chunks = chunking.adaptive()
  const sizes: Array<number> = []
  for (let begun = 0; begun < items;) {
    const size = chunks.next(items - begun, lanes)
    let ms = 0
    for (let i = begun; i < begun + size; i++) ms += costMs(i)
    sizes.push(size)
    begun += size
    chunks.learn(size, ms)
  }
  return sizes
}

const sum = (sizes: ReadonlyArray<number>) => sizes.reduce((a, b) => a + b, 0)

describe("adaptive chunks", () => {
  it("begin with single items, and grow by steps while items are cheap", () => {
    const sizes = cut(100_000, 4, () => 0.001)
    assert.deepStrictEqual(sizes.slice(0, 6), [1, 4, 16, 64, 256, 256])
    assert.strictEqual(sum(sizes), 100_000)
    assert.isBelow(sizes.length, 500)
  })

  it("stay single where an item fills a job by itself", () => {
    assert.deepStrictEqual(new Set(cut(50, 4, () => 8)), new Set([1]))
  })

  it("take about as long as they should, when items cost a millisecond", () => {
    const sizes = cut(1000, 4, () => 1)
    assert.strictEqual(Math.max(...sizes), 5)
  })

  it("shrink within one or two chunks when items turn dear", () => {
    const sizes = cut(3000, 1, (item) => (item < 2000 ? 0.01 : 5))
    const turn = sizes.findIndex((_, i) => sum(sizes.slice(0, i + 1)) > 2000)
    assert.isAtMost(sizes[turn + 3]!, 2)
  })

  it("leave something for every lane at the end", () => {
    const chunks = chunking.adaptive()
    chunks.learn(256, 0.256)
    assert.strictEqual(chunks.next(400, 4), 100)
    assert.strictEqual(chunks.next(3, 4), 1)
  })

  it("do not divide by a clock that stood still", () => {
    const chunks = chunking.adaptive()
    chunks.learn(1, 0)
    assert.strictEqual(chunks.next(Infinity, 2), 4)
  })
})

it("fixed chunks are what was asked for, but the last", () => {
  const chunks = chunking.fixed(10)
  assert.deepStrictEqual([chunks.next(25, 2), chunks.next(5, 2)], [10, 5])
})
