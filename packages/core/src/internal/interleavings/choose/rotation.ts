/**
 * Which strategy makes which schedule. No strategy finds all bugs, so the schedules of a search take turns, all from one seed.
 *
 * A fiber that is resumed in the stack of another runs on there in one turn of four (decision 0170).
 *
 * **Invariant.** Schedule number n of a seed is the same in each search of the same program.
 */
import type { Shape } from "./strategies.ts"
import * as strategies from "./strategies.ts"
import type { Strategy, Ways } from "../machine/strategy.ts"
import { plain } from "../machine/strategy.ts"

/** The strategies by name, in the order of their turns. */
export const names = ["random", "pos", "pct", "urw", "interrupt", "fifo"] as const

export type StrategyName = (typeof names)[number]

/** The shape, and how many decisions an interruption can come at. */
export interface Sweep extends Shape {
  readonly places: number
}

/** An odd stride near the golden ratio spreads the first tries of a sweep over all of it; 0.618 of its length. */
const strideOf = (length: number): number => {
  const divides = (a: number, b: number): number => (b === 0 ? a : divides(b, a % b))
  let stride = Math.max(1, Math.round(length * 0.618))
  while (divides(stride, length) !== 1) stride++
  return stride
}

/** A seed of its own for each schedule. */
const seedOf = (seed: number, schedule: number): number =>
  (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(schedule + 1, 0xc2b2ae35)) | 0

/**
 * The strategy of schedule number `schedule`, from 0. `promises`: the program waits for promises, so half of the schedules settle
 * them early.
 */
export const strategyOf = (
  wanted: ReadonlyArray<StrategyName>,
  seed: number,
  schedule: number,
  shape: Sweep,
  promises: boolean
): { readonly name: StrategyName; readonly strategy: Strategy } => {
  const name = wanted[schedule % wanted.length]!
  const turn = Math.floor(schedule / wanted.length)
  const own = seedOf(seed, schedule)
  const ways: Ways = { promisesFirst: promises && (turn & 1) === 1, resumesWhole: (turn & 3) === 2 }
  switch (name) {
    case "random":
      return { name, strategy: strategies.random(own, ways) }
    case "pct":
      return { name, strategy: strategies.pct(own, ways, shape) }
    case "pos":
      return { name, strategy: strategies.pos(own, ways, shape) }
    case "urw":
      return { name, strategy: strategies.urw(own, ways, shape) }
    case "fifo":
      return { name, strategy: strategies.fifo(own, ways) }
    case "interrupt": {
      const count = Math.max(shape.victims.length, 1)
      const length = count * shape.places
      // each fiber at each decision of the plain schedule, then of random ones
      const at = ((Math.imul(seed, 7919) >>> 0) + turn * strideOf(length)) % length
      const base = turn < length ? { ...plain, promisesFirst: ways.promisesFirst } : strategies.random(own, ways)
      return {
        name,
        strategy: strategies.interrupting(base, shape.victims[at % count] ?? 0, 1 + Math.floor(at / count))
      }
    }
  }
}
