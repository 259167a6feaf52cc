/**
 * The methods of arrays, each with a callback that does next to nothing and with one that takes some 100 ns. `run(xs, n)` calls
 * the method `n` times. Arrays are of small integers, `0` to `length - 1`.
 */

type Run = (xs: Array<number>, n: number) => number

/** Some 100 ns; at least -1. */
const dear = (x: number): number => {
  let h = x | 0
  for (let q = 0; q < 70; q++) h = (h * 31 + q) | 0
  return h === 12_345 ? -1 : x
}

function forEach(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++)
    xs.forEach((x) => {
      t.v += x
    })
  return t.v
}

function forEachDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++)
    xs.forEach((x) => {
      t.v += dear(x)
    })
  return t.v
}

function map(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.map((x) => x + 1).length
  return t.v
}

function mapDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.map((x) => dear(x) + 1).length
  return t.v
}

function filter(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.filter((x) => x > 1).length
  return t.v
}

function filterDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.filter((x) => dear(x) > 1).length
  return t.v
}

function flatMap(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.flatMap((x) => (x > 1 ? [x, x] : x)).length
  return t.v
}

function flatMapDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.flatMap((x) => (dear(x) > 1 ? [x, x] : x)).length
  return t.v
}

function some(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.some((x) => x < -5) ? 1 : 0
  return t.v
}

function someDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.some((x) => dear(x) < -5) ? 1 : 0
  return t.v
}

function every(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.every((x) => x >= -5) ? 1 : 0
  return t.v
}

function everyDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.every((x) => dear(x) >= -5) ? 1 : 0
  return t.v
}

function find(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.find((x) => x < -5) === undefined ? 1 : 0
  return t.v
}

function findDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.find((x) => dear(x) < -5) === undefined ? 1 : 0
  return t.v
}

function findIndex(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.findIndex((x) => x < -5)
  return t.v
}

function findIndexDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.findIndex((x) => dear(x) < -5)
  return t.v
}

function findLast(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.findLast((x) => x < -5) === undefined ? 1 : 0
  return t.v
}

function findLastDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.findLast((x) => dear(x) < -5) === undefined ? 1 : 0
  return t.v
}

function reduce(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.reduce((s, x) => s + x, 0)
  return t.v
}

function reduceDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.reduce((s, x) => s + dear(x), 0)
  return t.v
}

function reduceRight(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.reduceRight((s, x) => s + x, 0)
  return t.v
}

function reduceRightDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.reduceRight((s, x) => s + dear(x), 0)
  return t.v
}

function sort(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.sort((a, b) => a - b)[0]!
  return t.v
}

function sortDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.sort((a, b) => dear(a) - dear(b))[0]!
  return t.v
}

function toSorted(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.toSorted((a, b) => a - b)[0]!
  return t.v
}

function toSortedDear(xs: Array<number>, n: number): number {
  "use steppable"
  const t = { v: 0 }
  for (let i = 0; i < n; i++) t.v += xs.toSorted((a, b) => dear(a) - dear(b))[0]!
  return t.v
}

/** Each method, whether its callback is dear, and the function that calls it. */
export const arrayCalls: ReadonlyArray<readonly [method: string, callback: "trivial" | "dear", run: Run]> = [
  ["forEach", "trivial", forEach],
  ["forEach", "dear", forEachDear],
  ["map", "trivial", map],
  ["map", "dear", mapDear],
  ["filter", "trivial", filter],
  ["filter", "dear", filterDear],
  ["flatMap", "trivial", flatMap],
  ["flatMap", "dear", flatMapDear],
  ["some", "trivial", some],
  ["some", "dear", someDear],
  ["every", "trivial", every],
  ["every", "dear", everyDear],
  ["find", "trivial", find],
  ["find", "dear", findDear],
  ["findIndex", "trivial", findIndex],
  ["findIndex", "dear", findIndexDear],
  ["findLast", "trivial", findLast],
  ["findLast", "dear", findLastDear],
  ["reduce", "trivial", reduce],
  ["reduce", "dear", reduceDear],
  ["reduceRight", "trivial", reduceRight],
  ["reduceRight", "dear", reduceRightDear],
  ["sort", "trivial", sort],
  ["sort", "dear", sortDear],
  ["toSorted", "trivial", toSorted],
  ["toSorted", "dear", toSortedDear]
]
