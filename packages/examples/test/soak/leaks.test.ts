import { assert, it } from "vitest"
import { slopeMb, slopeOf } from "../../soak/leaks.ts"

/** A process of 600 MiB that grows by so much each round, and differs from round to round as measured. */
const rounds = (count: number, growth: number): ReadonlyArray<number> =>
  Array.from(
    { length: count },
    (_, round) => 600 + growth * round + 60 * Math.sin(round * 2.4) + 30 * Math.sin(round * 11)
  )

it("a leak of 4 MiB a round is seen in ten minutes, and noise is none", () => {
  assert.isAbove(slopeOf(rounds(60, 4))!, slopeMb)
  assert.isBelow(slopeOf(rounds(60, 0))!, slopeMb)
})

it("what grows in the first half only is no leak, and one odd round changes nothing", () => {
  const warm = rounds(60, 0).map((mb, round) => mb - Math.max(0, 25 - round) * 10)
  assert.isBelow(slopeOf(warm.with(59, 3000))!, slopeMb)
})

it("few rounds say nothing", () => {
  assert.isUndefined(slopeOf(rounds(39, 100)))
})
