/**
 * Calls through values (decision 0136): programs do what the source does, wherever they give way, and the ways to call that
 * are said to yield do.
 *
 * `GIVEWAY_PROGRAMS` and `GIVEWAY_SEED` as in `equivalence.test.ts`.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Budgets } from "./run.ts"
import { everywhere, load, nowhere, plain, sliced } from "./run.ts"
import { write } from "./valuePrograms.ts"

const programs = Math.ceil(Number(process.env["GIVEWAY_PROGRAMS"] ?? 5000) / 20)
const seed = process.env["GIVEWAY_SEED"] ?? "20261201"
const tape = fc.array(fc.nat(255), { minLength: 10, maxLength: 80 })

const atRandom = (first: number): Budgets => {
  let state = first
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return (state >> 12) % 200
  }
}

/** The `main` of the source, as it is. */
const uncompiled = (source: string) =>
  // oxlint-disable-next-line no-implied-eval -- the programs are made here
  new Function(`"use strict"; ${source.replace("export function main", "function main")}\nreturn main`)() as (
    ...args: ReadonlyArray<unknown>
  ) => unknown

const check = (source: string, first: number): number => {
  const expected = plain(uncompiled(source), [1, 2])
  const { compiled, main, twin } = load(source, first % 4 === 0 ? "all generators" : "best")
  assert.deepStrictEqual(plain(main, [1, 2]), expected, source)
  if (twin === undefined) return 0
  let suspensions = 0
  for (const budgets of [everywhere, nowhere, atRandom(first)]) {
    const { suspensions: times, ...seen } = sliced(twin, [1, 2], budgets)
    suspensions += times
    assert.deepStrictEqual(seen, expected, `${source}\n---\n${compiled.code}`)
  }
  return suspensions
}

describe("calls through values", () => {
  it(
    "do what the source does, preempted everywhere, nowhere and at random",
    () => {
      let suspensions = 0
      fc.assert(
        fc.property(tape, (numbers) => void (suspensions += check(write(numbers), numbers.length))),
        { numRuns: programs, ...(seed === "random" ? {} : { seed: Number(seed) }) }
      )
      assert.isAbove(suspensions, programs)
    },
    60_000 + programs * 100
  )
})
