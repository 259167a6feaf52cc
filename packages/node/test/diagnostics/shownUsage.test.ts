import { assert, it } from "vitest"
import { mostNames, othersName, shown } from "../../src/diagnostics/shownUsage.ts"

const usage = (names: number) =>
  Array.from({ length: names }, (_, index) => ({
    name: `name ${index}`,
    selfMs: names - index,
    slices: 2,
    longestMs: names - index,
    queued: 1,
    runDelayP50Ms: 1,
    runDelayP99Ms: 2,
    runDelayMs: 0.5,
    runDelays: [1, 0, index % 2]
  }))

it("shows all names of an ordinary program", () => {
  for (const names of [0, 1, mostNames, mostNames + 1]) {
    assert.deepStrictEqual(shown(usage(names)), { usage: usage(names) })
  }
})

it("puts thousands of names into one row, and no time, slice or delay is lost", () => {
  const all = usage(4095)
  const { namesLeftOut, usage: rows } = shown(all)
  assert.strictEqual(rows.length, mostNames + 1)
  assert.strictEqual(namesLeftOut, 4095 - mostNames)
  assert.deepStrictEqual(rows.slice(0, mostNames), all.slice(0, mostNames))
  const others = rows.at(-1)!
  assert.strictEqual(others.name, othersName)
  assert.strictEqual(others.longestMs, 4095 - mostNames)
  const sum = (of: (row: (typeof all)[number] | typeof others) => number, rows: ReadonlyArray<typeof others>) =>
    rows.reduce((total, row) => total + of(row), 0)
  for (const of of [
    ({ selfMs }: typeof others) => selfMs,
    ({ slices }: typeof others) => slices,
    ({ queued }: typeof others) => queued,
    ({ runDelayMs }: typeof others) => runDelayMs,
    ({ runDelays }: typeof others) => runDelays[2]!
  ]) {
    assert.strictEqual(sum(of, rows), sum(of, all))
  }
  assert.isBelow(JSON.stringify(rows).length, 150_000)
})
