/**
 * Which fiber started a flood? Microtasks belong to no fiber. But the fiber that started them mostly awaits a promise, since
 * just before they began. So of the fibers that suspended last, the last one that awaits a promise is the most likely; if
 * none does, it is the fiber that ran last.
 */
import * as awaiting from "../hook/awaiting.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import type { AnyFiber } from "../hook/innards.ts"
import type { Origin } from "./floodProbe.ts"
import { nameOf } from "../hook/labels.ts"
import * as runningSlices from "../hook/runningSlices.ts"

/** Between the slice that started it and the last slice before microtasks ran, ms. A guess. */
const sameTurnMs = 10

/** A promise has none of these. */
const others: awaiting.Others = { children: () => [], held: () => new Map() }

/** The most likely fiber. To be called while no fiber runs, in the middle of a flood. */
export const find = (): Origin => {
  const { labels, table } = fiberHook.thread
  const last = runningSlices.lastRun()
  let found: AnyFiber | undefined
  let endedAt = last.endedAt - sameTurnMs
  table.forEachWaiting(endedAt, (row, since) => {
    const fiber = since >= endedAt ? table.fiberOf(row) : undefined
    if (fiber === undefined || awaiting.of(fiber, others).kind !== "promise") return
    found = fiber
    endedAt = since
  })
  return found === undefined
    ? { fiberId: last.fiberId, name: labels.name(last.label), endedAt: last.endedAt }
    : { fiberId: found.id, name: nameOf(found), endedAt }
}
