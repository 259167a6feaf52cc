/**
 * The merge sort against the native one: the same order for each consistent comparator, equal elements in the order they
 * had, and few comparisons; whether the machine makes the comparisons itself, in parts of any size, or is given each outcome.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { MergeSort } from "../../../../src/internal/steppable/arrays/mergeSort.ts"

interface Item {
  readonly key: number
  readonly at: number
}

type Compare = (a: Item, b: Item) => unknown

/** Sorts a copy; `limit` comparisons at a time, or each by itself if that is 0. */
const sorted = (items: ReadonlyArray<Item>, compare: Compare, limit: number): ReadonlyArray<Item> => {
  const result = [...items]
  const machine = new MergeSort(result, items.length, [])
  let more = machine.begin()
  while (more) {
    more =
      limit === 0
        ? machine.next(+(compare(machine.left as Item, machine.right as Item) as number))
        : machine.run(compare as (a: unknown, b: unknown) => unknown, limit)
  }
  return result
}

const itemsOf = (keys: ReadonlyArray<number>): ReadonlyArray<Item> => keys.map((key, at) => ({ key, at }))

/** Pieces that rise, fall or do neither, of few or many different keys. */
const inputs = fc
  .array(
    fc.record({
      keys: fc.oneof(
        fc.array(fc.nat(3), { maxLength: 150 }),
        fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 150 })
      ),
      order: fc.constantFrom("rising", "falling", "any")
    }),
    { maxLength: 12 }
  )
  .map((pieces) =>
    itemsOf(
      pieces.flatMap(({ keys, order }) =>
        order === "any" ? keys : keys.toSorted((a, b) => (order === "rising" ? a - b : b - a))
      )
    )
  )

const limits = fc.constantFrom(0, 1, 2, 7, 64, 10_000)

/** Consistent comparators; a `NaN` and `undefined` count as 0, as ECMAScript has it. */
const consistent: ReadonlyArray<Compare> = [
  (a, b) => a.key - b.key,
  (a, b) => b.key - a.key,
  (a, b) => (a.key < b.key ? -Infinity : a.key > b.key ? "1" : Number.NaN),
  (a, b) => (a.key % 7) - (b.key % 7),
  () => undefined
]

const seed = process.env["GIVEWAY_SEED"] ?? "20261130"
const runs = { numRuns: 500, ...(seed === "random" ? {} : { seed: Number(seed) }) }

describe("MergeSort", () => {
  it("gives the order of the native sort for each consistent comparator", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(...consistent), limits, (items, compare, limit) => {
        assert.deepStrictEqual(sorted(items, compare, limit), items.toSorted(compare as (a: Item, b: Item) => number))
      }),
      runs
    )
  })

  it("keeps equal elements in the order they had", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(inputs, limits, (items, limit) => {
        const result = sorted(items, (a, b) => a.key - b.key, limit)
        for (let i = 1; i < result.length; i++) {
          const before = result[i - 1]!
          const item = result[i]!
          assert.isTrue(before.key < item.key || (before.key === item.key && before.at < item.at))
        }
      }),
      runs
    )
  })

  it(
    "asks at most n * (1.2 * log2(n) + 1) times, and n - 1 times if the elements rise, or fall",
    { timeout: 60_000 },
    () => {
      const count = (items: ReadonlyArray<Item>, limit: number): number => {
        let asked = 0
        sorted(items, (a, b) => (asked++, a.key - b.key), limit)
        return asked
      }
      fc.assert(
        fc.property(inputs, limits, (items, limit) => {
          const n = Math.max(1, items.length)
          assert.isAtMost(count(items, limit), n * (1.2 * Math.log2(n) + 1))
        }),
        runs
      )
      const rising = Array.from({ length: 1000 }, (_, i) => i)
      assert.strictEqual(count(itemsOf(rising), 64), 999)
      assert.strictEqual(count(itemsOf(rising.toReversed()), 64), 999)
    }
  )

  it("ends with all elements, in some order, if the comparator contradicts itself", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(inputs, fc.infiniteStream(fc.integer({ min: -1, max: 1 })), limits, (items, answers, limit) => {
        const result = sorted(items, () => answers.next().value, limit)
        assert.deepStrictEqual(
          result.map(({ at }) => at).toSorted((a, b) => a - b),
          items.map(({ at }) => at)
        )
      }),
      { ...runs, numRuns: 200 }
    )
  })

  it("leaves the array as it is if the comparator returns `a > b`, as V8 does", () => {
    const items = itemsOf(Array.from({ length: 500 }, (_, i) => (i * 7919) % 101))
    const compare: Compare = (a, b) => a.key > b.key
    assert.deepStrictEqual(sorted(items, compare, 64), items.toSorted(compare as never))
    assert.deepStrictEqual(sorted(items, compare, 64), items)
  })
})
