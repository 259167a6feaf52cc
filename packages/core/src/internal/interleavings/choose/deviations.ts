/**
 * A schedule as its deviations from the plain one: "strand s, before its operation n: strand u goes on", or "interrupt u". Where
 * nobody runs, a deviation is named by the strand that ran last and by the times that it has been last.
 *
 * **Invariant.** A deviation names its place by the strands' own counts. So the others keep their meaning when one is taken out, which
 * is what makes a schedule shrinkable.
 *
 * Rejected: the list of all choices. One choice more or less at the beginning moves all others.
 */
import type { Strand } from "../machine/strand.ts"
import type { Choices, Strategy, Ways } from "../machine/strategy.ts"
import { plainPick } from "../machine/strategy.ts"

export interface Deviation {
  /** the strand that runs, or that ran last */
  readonly strand: number
  /** operations that it has done */
  readonly step: number
  /** times that it has been the last one; `undefined` if it runs */
  readonly block: number | undefined
  /** the strand that goes on, or that is interrupted */
  readonly to: number
  readonly interrupts: boolean
}

const keyOf = (strand: number, step: number, block: number | undefined): string =>
  block === undefined ? `${strand}.${step}` : `${strand}.${step}!${block}`

/** The place of a decision. */
const placeOf = ({ last }: Choices, current: Strand | undefined) =>
  current === undefined
    ? { strand: last.id, step: last.steps, block: last.blocks }
    : { strand: current.id, step: current.steps, block: undefined }

/** The schedule that deviates from the plain one exactly so, as far as the program still gets there. */
export const replaying = (deviations: ReadonlyArray<Deviation>, { promisesFirst, resumesWhole }: Ways): Strategy => {
  const byPlace = new Map<string, Array<Deviation>>()
  for (const deviation of deviations) {
    const key = keyOf(deviation.strand, deviation.step, deviation.block)
    byPlace.set(key, [...(byPlace.get(key) ?? []), deviation])
  }
  return {
    promisesFirst,
    resumesWhole,
    interrupts: deviations.some(({ interrupts }) => interrupts),
    pick: (choices, current) => {
      const { block, step, strand } = placeOf(choices, current)
      const found = byPlace.get(keyOf(strand, step, block))
      if (found === undefined) return plainPick(choices, current)
      // an interruption is not repeated when the same place is asked once more, after it
      const [first] = found
      if (first === undefined) return plainPick(choices, current)
      if (first.interrupts) {
        found.shift()
        choices.interrupt = first.to
        return plainPick(choices, current)
      }
      if (current?.id === first.to) return current
      return choices.ready.find((ready) => ready.strand.id === first.to)?.strand ?? plainPick(choices, current)
    }
  }
}

/** What a strategy chose. */
export interface Record {
  readonly deviations: Array<Deviation>
  /** the strand of each decision; for an interruption of strand n, -1 - n */
  readonly picks: Array<number>
}

/** The same strategy, and a record of its choices. */
export const recording = (base: Strategy): Strategy & { readonly record: Record } => {
  const record: Record = { deviations: [], picks: [] }
  return {
    ...base,
    record,
    pick: (choices, current) => {
      const place = placeOf(choices, current)
      const expected = plainPick(choices, current)
      const picked = base.pick(choices, current)
      const { interrupt } = choices
      if (interrupt !== undefined) {
        record.picks.push(-1 - interrupt)
        record.deviations.push({ ...place, to: interrupt, interrupts: true })
      } else {
        record.picks.push(picked.id)
        if (picked !== expected) record.deviations.push({ ...place, to: picked.id, interrupts: false })
      }
      return picked
    }
  }
}

/** Plays a list of picks, one for each decision. Where one is not ready, the plain choice takes its place. */
export const playing = (picks: ReadonlyArray<number>, { promisesFirst, resumesWhole }: Ways): Strategy => {
  let decision = 0
  return {
    promisesFirst,
    resumesWhole,
    interrupts: picks.some((pick) => pick < 0),
    pick: (choices, current) => {
      const wanted = picks[decision++]
      if (wanted !== undefined && wanted < 0) choices.interrupt = -1 - wanted
      else if (wanted !== undefined && current?.id !== wanted) {
        for (const { strand } of choices.ready) if (strand.id === wanted) return strand
      }
      return plainPick(choices, current)
    }
  }
}

/** Fibers that were made to give way though they could go on. */
export const preemptionsOf = (deviations: ReadonlyArray<Deviation>): number =>
  deviations.filter(({ block, interrupts }) => block === undefined && !interrupts).length

/** Fibers that were interrupted from outside. */
export const interruptionsOf = (deviations: ReadonlyArray<Deviation>): number =>
  deviations.filter(({ interrupts }) => interrupts).length
