/**
 * From a failing schedule to the smallest that fails in the same way.
 *
 * First ddmin takes deviations out, half of them, a quarter, one (Zeller and Hildebrandt, 2002); each success is recorded anew, so
 * that deviations without effect are gone too. Then single ones and pairs: away and back make sense together only. Last, blocks of
 * one strand are moved together: that takes away preemptions which no removal can.
 *
 * **Invariant.** The result is a schedule that was run and failed with the same finding.
 */
import type { Deviation } from "./choose/deviations.ts"
import { interruptionsOf, playing, preemptionsOf, replaying } from "./choose/deviations.ts"
import type { Recorded, Session, Work } from "./session.ts"
import type { Strategy } from "./machine/strategy.ts"
import { isSame } from "./verdict.ts"

/** Runs after which it ends with the smallest so far. The worst of 17 programs took 422. */
const mostRuns = 2000

/** Pairs are tried up to this number of deviations: their number grows with its square. */
const mostForPairs = 24

/** Blocks further apart are not moved together. A guess. */
const farthest = 8

/** Interruptions count most, then preemptions, then all deviations. */
const weightOf = ({ deviations, promisesFirst, resumesWhole }: Recorded): number =>
  interruptionsOf(deviations) * 1e8 +
  preemptionsOf(deviations) * 1e4 +
  deviations.length * 3 +
  (promisesFirst ? 1 : 0) +
  (resumesWhole ? 1 : 0)

export function* shrink(session: Session, first: Recorded): Work<Recorded & { readonly runs: number }> {
  let best = first
  let runs = 0
  const tries = function* (strategy: Strategy): Work<boolean> {
    if (++runs > mostRuns) return false
    if (runs % 16 === 0) yield
    const tried = yield* session.record(strategy)
    if (!isSame(first.finding!, tried.finding) || weightOf(tried) >= weightOf(best)) return false
    best = tried
    return true
  }
  const keeps = (deviations: ReadonlyArray<Deviation>) => tries(replaying(deviations, best))

  if (best.promisesFirst) yield* tries(replaying(best.deviations, { ...best, promisesFirst: false }))
  if (best.resumesWhole) yield* tries(replaying(best.deviations, { ...best, resumesWhole: false }))
  yield* ddmin(() => best.deviations, keeps)
  for (let again = true; again;) {
    again = yield* withoutPair(best.deviations, keeps)
    again ||= yield* withBlocksMoved(best, tries)
  }
  return { ...best, runs }
}

type Keeps = (deviations: ReadonlyArray<Deviation>) => Work<boolean>

function* ddmin(current: () => ReadonlyArray<Deviation>, keeps: Keeps): Work<void> {
  for (let parts = 2; current().length > 0;) {
    const deviations = current()
    const size = Math.ceil(deviations.length / parts)
    const isSmaller =
      (yield* onePart(deviations, size, keeps)) || (parts > 2 && (yield* allButOnePart(deviations, size, keeps)))
    if (isSmaller) parts = Math.max(2, parts - 1)
    else if (size === 1) return
    else parts = Math.min(deviations.length, parts * 2)
  }
}

function* onePart(deviations: ReadonlyArray<Deviation>, size: number, keeps: Keeps): Work<boolean> {
  for (let at = 0; at < deviations.length; at += size) if (yield* keeps(deviations.slice(at, at + size))) return true
  return false
}

function* allButOnePart(deviations: ReadonlyArray<Deviation>, size: number, keeps: Keeps): Work<boolean> {
  for (let at = 0; at < deviations.length; at += size) {
    if (yield* keeps([...deviations.slice(0, at), ...deviations.slice(at + size)])) return true
  }
  return false
}

/** Whether one deviation less, or two, fails as well. */
function* withoutPair(deviations: ReadonlyArray<Deviation>, keeps: Keeps): Work<boolean> {
  for (let i = 0; i < deviations.length; i++) {
    if (yield* keeps(deviations.filter((_, at) => at !== i))) return true
  }
  if (deviations.length > mostForPairs) return false
  for (let i = 0; i < deviations.length; i++) {
    for (let j = i + 1; j < deviations.length; j++) {
      if (yield* keeps(deviations.filter((_, at) => at !== i && at !== j))) return true
    }
  }
  return false
}

/** Whether a block of decisions of one strand, moved next to another block of that strand, fails as well. */
function* withBlocksMoved(best: Recorded, tries: (strategy: Strategy) => Work<boolean>): Work<boolean> {
  if (preemptionsOf(best.deviations) === 0) return false
  const blocks: Array<Array<number>> = []
  for (const pick of best.picks) {
    const last = blocks.at(-1)
    if (last?.[0] === pick) last.push(pick)
    else blocks.push([pick])
  }
  for (const [i, block] of blocks.entries()) {
    for (let j = Math.max(0, i - farthest); j <= Math.min(blocks.length - 1, i + farthest); j++) {
      if (i === j || blocks[j]![0] !== block[0]) continue
      const moved = blocks.slice()
      moved.splice(i, 1)
      moved.splice(j > i ? j - 1 : j + 1, 0, block)
      if (yield* tries(playing(moved.flat(), best))) return true
    }
  }
  return false
}
