/**
 * The live fibers of this thread, put together from the hook's table and stack when a dump is taken.
 */
import * as Fiber from "effect/Fiber"
import * as awaiting from "./awaiting.ts"
import * as fiberHook from "./fiberHook.ts"
import type { FiberInfo, LostFiber } from "../fibers/fiberInfo.ts"
import { longSliceMs } from "../fibers/fiberInfo.ts"
import * as fiberJobs from "../fibers/fiberJobs.ts"
import * as fiberNotes from "../fibers/fiberNotes.ts"
import * as ownFibers from "../fibers/ownFibers.ts"
import type { Features } from "./fiberProbe.ts"
import type { AnyFiber } from "./innards.ts"
import { isInterrupted, isObserved, isUninterruptible, suspensionText } from "./innards.ts"
import { nameOf } from "./labels.ts"
import * as runningSlices from "./runningSlices.ts"
import * as semaphores from "./semaphores.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/**
 * Every fiber that runs, or has suspended and not ended, in no order. A forked fiber is in it once it has begun. A fiber that
 * was there before the hook is in it once it has run since, or if it asks itself. The snapshot changes nothing, since the
 * watcher asks for it in the middle of any code (`internal/watched/answers.ts`).
 */
export const snapshot = (features: Features): ReadonlyArray<FiberInfo> => {
  const { depth, running, table } = fiberHook.thread
  const at = fiberHook.now()
  const onStack = new Set<AnyFiber>()
  for (let index = 0; index < depth; index++) onStack.add(running[index]!)
  const asking = Fiber.getCurrent()
  if (asking !== undefined) onStack.add(asking)
  const infos: Array<FiberInfo> = []
  const others: awaiting.Others = { children: lineage(), held: held() }
  table.forEach((fiber, row) => {
    // it ended while no hook was there to see it; the row stays until the fiber is collected, since a snapshot changes nothing
    if (fiber.pollUnsafe() !== undefined) return
    const isRunning = onStack.delete(fiber)
    const { due, endedAt, longMs, parentId, runDelayMs, selfMs, slices, startedAt, yields } = table.rowOf(row)
    const gaveWay = features.gaveWay !== undefined && suspensionText(fiber) === features.gaveWay
    const sliceBegan = isRunning ? runningSlices.sliceStart(fiber) : undefined
    const since = isRunning ? sliceBegan : endedAt
    const awaits = isRunning || gaveWay ? undefined : awaitedBy(fiber, due, features, others)
    const runningMs = isRunning ? runningSlices.selfOnStack(at, fiber) : 0
    infos.push({
      id: fiber.id,
      parentId: parentId === 0 ? undefined : parentId,
      name: nameOf(fiber),
      state: isRunning ? "running" : gaveWay ? "ready" : "waiting",
      ...(since === undefined ? {} : { since }),
      ...(awaits === undefined ? {} : { awaits }),
      startedAt,
      selfMs: selfMs + runningMs,
      longMs: longMs + longOf(runningMs),
      runDelayMs,
      slices: slices + (isRunning ? 1 : 0),
      // each slice that did not end by giving way ended by waiting, and only the last wait may last still
      ...(features.awaits ? { yields, wakes: slices - yields - (isRunning || gaveWay ? 0 : 1) } : {}),
      ...innardsOf(fiber),
      ...wholeOf(fiber),
      ...noteOf(fiber)
    })
  })
  // fibers in their first slice have no row yet
  for (const fiber of onStack) {
    const parentId = fiberHook.parentIdOf(fiber)
    const selfMs = runningSlices.selfOnStack(at, fiber)
    const startedAt = runningSlices.sliceStart(fiber) ?? at - selfMs
    infos.push({
      id: fiber.id,
      parentId: parentId === 0 ? undefined : parentId,
      name: nameOf(fiber),
      state: "running",
      since: startedAt,
      startedAt,
      selfMs,
      longMs: longOf(selfMs),
      runDelayMs: 0,
      slices: 1,
      ...(features.awaits ? { yields: 0, wakes: 0 } : {}),
      ...innardsOf(fiber),
      ...wholeOf(fiber),
      ...noteOf(fiber)
    })
  }
  return infos
}

/** The self time of a slice, if the slice is a long one. */
const longOf = (selfMs: number): number => (selfMs >= longSliceMs ? selfMs : 0)

/** The last fibers that were collected while they waited. Unlike a snapshot this changes the table: it sweeps. */
export const lost = (): ReadonlyArray<LostFiber> => {
  const { labels, table } = fiberHook.thread
  return table
    .lost()
    .filter(({ endedAt }) => endedAt >= fiberHook.installedAt)
    .map(({ endedAt, id, label, parentId }) => ({
      id,
      name: labels.name(label),
      parentId: parentId === 0 ? undefined : parentId,
      since: endedAt
    }))
}

/** The live fibers that a fiber started, found when they are first asked for. */
const lineage = (): ((id: number) => ReadonlyArray<number>) => {
  let byParent: Map<number, Array<number>> | undefined
  return (id) => {
    if (byParent === undefined) {
      byParent = new Map()
      const { table } = fiberHook.thread
      const known = byParent
      table.forEach((fiber, row) => {
        const parentId = table.parentOf(row)
        const siblings = known.get(parentId)
        if (siblings === undefined) known.set(parentId, [fiber.id])
        else siblings.push(fiber.id)
      })
    }
    return byParent.get(id) ?? []
  }
}

/** The semaphores of which live fibers hold permits, found when they are first asked for. */
const held = (): (() => semaphores.HeldSemaphores) => {
  let found: semaphores.HeldSemaphores | undefined
  return () => {
    if (found === undefined) {
      const fibers: Array<AnyFiber> = []
      fiberHook.thread.table.forEach((fiber) => fibers.push(fiber))
      found = semaphores.heldBy(fibers)
    }
    return found
  }
}

const awaitedBy = (fiber: AnyFiber, due: number, features: Features, others: awaiting.Others): FiberInfo["awaits"] => {
  if (!features.awaits) return { kind: "unknown" }
  const awaits = awaiting.of(fiber, others)
  if (awaits.kind === "timer" && due > 0) return { ...awaits, dueAt: due }
  // a fiber that awaits a job suspended in a callback
  const job = awaits.kind === "callback" ? fiberJobs.of(fiber) : undefined
  return job === undefined ? awaits : { kind: "job", job }
}

const innardsOf = (fiber: AnyFiber): Pick<FiberInfo, "uninterruptible" | "interrupting" | "observed"> => ({
  ...(isUninterruptible(fiber) ? { uninterruptible: true } : {}),
  ...(isInterrupted(fiber) ? { interrupting: true } : {}),
  ...(isObserved(fiber) === false ? { observed: false } : {})
})

const wholeOf = (fiber: AnyFiber): Pick<FiberInfo, "whole"> => {
  const call = wholeCalls.noted(fiber)
  if (call === undefined) return {}
  const ms = call.endedAt - call.startedAt
  return { whole: { name: call.name, reason: call.reason, ms } }
}

const noteOf = (fiber: AnyFiber): Pick<FiberInfo, "note" | "own"> => {
  const note = fiberNotes.noteOf(fiber)
  return { ...(ownFibers.isOwn(fiber) ? { own: true } : {}), ...(note === undefined ? {} : { note }) }
}
