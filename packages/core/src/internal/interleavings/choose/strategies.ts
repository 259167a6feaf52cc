/**
 * The strategies of a search. Each finds bugs that others miss, so a search rotates through them (`rotation.ts`). The medians in
 * README.md say how many schedules each needs.
 *
 * - **random**: each strand that could go on is as likely as any other.
 * - **PCT**: random priorities, and some points at which the running strand becomes the last (Burckhardt and others, 2010).
 * - **POS**: each operation has a random priority; one that waits keeps it (Yuan and others, 2018).
 * - **URW**: a strand is chosen in proportion to the operations that it has left, by a plain schedule.
 * - **FIFO**: only "give way here or not", then the longest ready: a schedule that Effect's own scheduler can make.
 * - **interrupt**: a fiber is interrupted at one decision of a plain or random schedule.
 */
import type { Strand } from "../machine/strand.ts"
import type { Choices, Strategy, Ways } from "../machine/strategy.ts"
import { plainPick, randomFrom } from "../machine/strategy.ts"

/** The plain schedule in figures: PCT and URW estimate by it, and interruption sweeps it. */
export interface Shape {
  readonly decisions: number
  /** operations of each strand */
  readonly steps: ReadonlyArray<number>
  /** strands that can be interrupted */
  readonly victims: ReadonlyArray<number>
}

export const random = (seed: number, ways: Ways): Strategy => {
  const draw = randomFrom(seed)
  return {
    ...ways,
    pick: ({ ready }, current) => {
      const count = ready.length
      if (current === undefined) return ready[(draw() * count) | 0]!.strand
      const at = (draw() * (count + 1)) | 0
      return at === count ? current : ready[at]!.strand
    }
  }
}

const highest = ({ ready }: Choices, current: Strand | undefined): Strand => {
  let best = current
  for (let i = 0; i < ready.length; i++) {
    const { strand } = ready[i]!
    if (best === undefined || strand.priority > best.priority) best = strand
  }
  return best!
}

/**
 * From this decision on a schedule by priorities is a plain one: a strand that polls would keep one of low priority back until the
 * schedule is cut off, and that is no livelock. A guess, far beyond the end of other schedules.
 */
const fairFromOf = (decisions: number): number => 4 * decisions + 100

/** `depth` 3 finds bugs that need two changes of order. More points find fewer of the simple ones. */
export const pct = (seed: number, ways: Ways, { decisions }: Shape, depth = 3): Strategy => {
  const draw = randomFrom(seed)
  const points = new Set(Array.from({ length: depth - 1 }, () => 1 + ((draw() * decisions) | 0)))
  const fairFrom = fairFromOf(decisions)
  let decision = 0
  let lowest = 0
  return {
    ...ways,
    created: (strand) => {
      strand.priority = draw()
    },
    pick: (choices, current) => {
      if (++decision > fairFrom) return plainPick(choices, current)
      const best = highest(choices, current)
      if (!points.has(decision)) return best
      best.priority = --lowest
      return highest(choices, current)
    }
  }
}

export const pos = (seed: number, ways: Ways, { decisions }: Shape): Strategy => {
  const draw = randomFrom(seed)
  const fairFrom = fairFromOf(decisions)
  let decision = 0
  return {
    ...ways,
    created: (strand) => {
      strand.priority = draw()
    },
    pick: (choices, current) => {
      if (++decision > fairFrom) return plainPick(choices, current)
      const ran = current ?? choices.last
      ran.priority = draw()
      return highest(choices, current)
    }
  }
}

export const urw = (seed: number, ways: Ways, { steps }: Shape): Strategy => {
  const draw = randomFrom(seed)
  // half an operation for a strand that does more than the estimate, or that the plain schedule did not have
  const left = (strand: Strand) => Math.max((steps[strand.id] ?? 1) - strand.steps, 0.5)
  return {
    ...ways,
    pick: ({ ready }, current) => {
      let sum = current === undefined ? 0 : left(current)
      for (const { strand } of ready) sum += left(strand)
      let at = draw() * sum
      if (current !== undefined && (at -= left(current)) < 0) return current
      for (const { strand } of ready) if ((at -= left(strand)) < 0) return strand
      return current ?? ready[0]!.strand
    }
  }
}

/** A fifth of the decisions give way. A guess: few programs have long stretches that must not be cut. */
const givesWay = 0.2

export const fifo = (seed: number, ways: Ways): Strategy => {
  const draw = randomFrom(seed)
  return {
    ...ways,
    pick: ({ ready }, current) =>
      current === undefined || (ready.length > 0 && draw() < givesWay) ? ready[0]!.strand : current
  }
}

/** Interrupts the strand `victim` at decision number `at` of the schedule that `base` makes. */
export const interrupting = (base: Strategy, victim: number, at: number): Strategy => {
  let decision = 0
  return {
    ...base,
    interrupts: true,
    pick: (choices, current) => {
      if (++decision === at) choices.interrupt = victim
      return choices.ready.length === 0 ? (current ?? choices.last) : base.pick(choices, current)
    }
  }
}
