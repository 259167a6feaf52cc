/**
 * Guarantee 4: a steppable function returns what the plain one returns, throws what it throws, and has the same effects
 * in the same order, wherever it gave way.
 *
 * `GIVEWAY_PROGRAMS=1000000 GIVEWAY_SEED=random npx vitest ...` runs longer and elsewhere; a failure prints fast-check's
 * seed and the shrunk program.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { write } from "./program.ts"
import type { Budgets } from "./run.ts"
import { everywhere, inputs, load, nowhere, plain, sliced } from "./run.ts"

const programs = Number(process.env["GIVEWAY_PROGRAMS"] ?? 5000)
/** The same programs in every run, so that a red run is about the change; `GIVEWAY_SEED=random` looks for new ones. */
const seed = process.env["GIVEWAY_SEED"] ?? "20261122"

const tape = fc.array(fc.nat(255), { minLength: 20, maxLength: 160 })

/** A repeatable sequence of budgets. */
const atRandom = (seed: number): Budgets => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return (state >> 12) % 200
  }
}

/** Programs that once differed, reduced. */
const onceDifferent: ReadonlyArray<readonly [string, string]> = [
  [
    "a sequence as the value of a variable that is declared after a yield point",
    `export function main(o, a, b) {
      "use steppable"
      function down(n) { if (n > 0) return down(n - 1) + 1; let v = (a, ++a); if (v) o(a); return a }
      o(down(2))
      return [a, b]
    }`
  ]
]

describe("steppable code", () => {
  it.for(onceDifferent)("keeps the meaning of %s", ([, source]) => {
    const { main, twin } = load(source)
    for (const args of inputs) {
      for (const budgets of [everywhere, nowhere]) {
        const { suspensions: _, ...seen } = sliced(twin!, args, budgets)
        assert.deepStrictEqual(seen, plain(main, args))
      }
    }
  })

  it(
    "does what plain code does, preempted everywhere, nowhere and at random",
    () => {
      let suspensions = 0
      const forms = new Map<string, number>()
      fc.assert(
        fc.property(tape, (numbers) => {
          const source = write(numbers)
          // every fourth program in the general form only
          const { compiled, main, twin } = load(source, numbers.length % 4 === 0 ? "all generators" : "best")
          for (const { form, reason } of compiled.decisions) {
            const label = form === "generator" ? `${form}: ${reason?.replaceAll(/\b[a-zA-Z]\d+\b/g, "x")}` : form
            forms.set(label, (forms.get(label) ?? 0) + 1)
          }
          assert.deepStrictEqual(compiled.diagnostics, [])
          if (twin === undefined) return
          for (const args of inputs) {
            const expected = plain(main, args)
            for (const budgets of [everywhere, nowhere, atRandom(numbers.length)]) {
              const { suspensions: times, ...seen } = sliced(twin, args, budgets)
              suspensions += times
              assert.deepStrictEqual(seen, expected, `${source}\n---\n${compiled.code}`)
            }
          }
        }),
        { numRuns: programs, ...(seed === "random" ? {} : { seed: Number(seed) }) }
      )
      assert.isAbove(suspensions, programs)
      console.log(
        `${programs} programs, ${suspensions} suspensions, functions:\n${[...forms].map(([form, count]) => `${count} ${form}`).join("\n")}`
      )
    },
    60_000 + programs * 50
  )
})
