/**
 * All schedules of a small program, or all with at most some preemptions: depth first, by prefixes of choices. Each schedule runs the
 * program from its beginning.
 *
 * With decisions before effects only, and a root that is not preempted while it starts the others, m fibers of k operations have
 * exactly (mk)! / (k!)^m schedules.
 *
 * Rejected: partial-order reduction. Effect does not say which operation reads or writes what, so only operations that push a
 * continuation are known to commute, and those are no decisions here.
 */
import type { Strategy } from "../machine/strategy.ts"

interface Bounds {
  /** preemptions in a schedule, at most */
  readonly preemptions: number
  /** whether the program's own fiber is never preempted */
  readonly wholeRoot: boolean
}

interface Choice {
  readonly chosen: number
  readonly of: number
}

interface Enumeration {
  /** the strategy of the next schedule, as long as there is one */
  readonly next: () => Strategy | undefined
  /** the strategy of the last one once more */
  readonly again: () => Strategy
}

/** The schedules one after the other. Each must have run before the next is asked for. */
export const enumeration = ({ preemptions, wholeRoot }: Bounds): Enumeration => {
  let prefix: ReadonlyArray<number> = []
  let trail: Array<Choice> = []
  let isFirst = true

  const strategy = (): Strategy => {
    let preempted = 0
    trail = []
    return {
      pick: ({ ready }, current) => {
        const count = ready.length + (current === undefined ? 0 : 1)
        const isFixed = current !== undefined && (preempted >= preemptions || (wholeRoot && current.id === 0))
        const of = isFixed ? 1 : count
        const chosen = prefix[trail.length] ?? 0
        trail.push({ chosen, of })
        if (current === undefined) return ready[chosen]!.strand
        if (chosen === 0) return current
        preempted++
        return ready[chosen - 1]!.strand
      }
    }
  }

  return {
    again: strategy,
    next: () => {
      if (!isFirst) {
        let at = trail.length - 1
        while (at >= 0 && trail[at]!.chosen + 1 >= trail[at]!.of) at--
        if (at < 0) return undefined
        prefix = [...trail.slice(0, at).map(({ chosen }) => chosen), trail[at]!.chosen + 1]
      }
      isFirst = false
      return strategy()
    }
  }
}
