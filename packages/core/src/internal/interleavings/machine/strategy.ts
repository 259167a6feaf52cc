/**
 * A strategy: which strand goes on at each decision. The machine asks it, and it sees of the machine only what is here.
 */
import type { Ready, Strand } from "./strand.ts"

/** The part of the machine that a strategy sees. */
export interface Choices {
  /** those that could run, the longest ready first */
  readonly ready: ReadonlyArray<Ready>
  /** the strand that ran last */
  readonly last: Strand
  /** makes the machine interrupt the strand of this number before anything else runs */
  interrupt: number | undefined
}

/** Ways of a whole schedule, besides its order. */
export interface Ways {
  /** whether promises settle before each choice, else only when nobody is ready */
  readonly promisesFirst: boolean
  /**
   * Whether a fiber that is resumed in the stack of another runs there until it suspends, as it mostly does in production, else its
   * first operation does.
   */
  readonly resumesWhole: boolean
}

export interface Strategy extends Partial<Ways> {
  /** a strand has appeared */
  readonly created?: (strand: Strand) => void
  /**
   * The strand that goes on: `current`, which is about to do an operation, or one of those that are ready. `current` is
   * `undefined` when nobody runs. Then, if nobody is ready either, only a strategy with `interrupts` is asked, and its answer
   * counts for nothing.
   */
  readonly pick: (choices: Choices, current: Strand | undefined) => Strand
  /** whether it may interrupt strands: it is asked also where there is nothing to choose */
  readonly interrupts?: boolean
}

/** A stream of numbers from 0 to 1, without 1, from a seed: mulberry32. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Run until blocked, then the longest ready: the plain schedule, from which all others deviate. */
export const plainPick = (choices: Choices, current: Strand | undefined): Strand =>
  current ?? choices.ready[0]?.strand ?? choices.last

export const plain: Strategy = { pick: plainPick }
