/**
 * The live fibers of this thread, put together from the hook's table and stack when someone asks.
 */
import * as Fiber from "effect/Fiber"
import * as awaiting from "./awaiting.ts"
import * as fiberHook from "./fiberHook.ts"
import type { FiberInfo, LostFiber } from "../fibers/fiberInfo.ts"
import { longSliceMs } from "../fibers/fiberInfo.ts"
import * as fiberJobs from "../fibers/fiberJobs.ts"
import * as fiberNotes from "../fibers/fiberNotes.ts"
import type { AnyFiber, Features } from "./fiberProbe.ts"
import { textOfSuspension } from "./fiberProbe.ts"
import { nameOf } from "./labels.ts"
import * as runningSlices from "./runningSlices.ts"
import * as semaphores from "./semaphores.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** What Effect keeps on a fiber, and may call otherwise in another version. */
interface Innards {
  readonly interruptible?: unknown
  readonly _interruptedCause?: unknown
  readonly _observers?: unknown
  readonly _parent?: unknown
}

/**
 * Every fiber that runs or has suspended and not ended, in no order. A forked fiber counts once it has begun, and one
 * that was there before the hook once it has run since, or if it is who asks. It changes nothing, for a watcher asks for
 * it in the middle of whatever runs (`internal/watched/answers.ts`).
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
    // it ended while no hook was there to see it; its row goes with it, for nothing is changed by looking
    if (fiber.pollUnsafe() !== undefined) return
    const isRunning = onStack.delete(fiber)
    const { due, endedAt, longMs, parentId, runDelayMs, selfMs, slices, startedAt, yields } = table.rowOf(row)
    const gaveWay = features.gaveWay !== undefined && textOfSuspension(fiber) === features.gaveWay
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
      // each slice that did not end by giving way ended by waiting, and nothing but the last wait is not over
      ...(features.awaits ? { yields, wakes: slices - yields - (isRunning || gaveWay ? 0 : 1) } : {}),
      ...innardsOf(fiber),
      ...wholeOf(fiber),
      ...noteOf(fiber)
    })
  })
  // those in their first slice have no row yet
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

/** Of the self time of one slice, what counts as that of a long one. */
const longOf = (selfMs: number): number => (selfMs >= longSliceMs ? selfMs : 0)

/** Fibers that were collected while they waited, the last ones. Unlike a snapshot it changes the table. */
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

/** The live fibers that a fiber started, put together when the first one is asked for. */
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
  // whoever awaits a job does so in a callback
  const job = awaits.kind === "callback" ? fiberJobs.of(fiber) : undefined
  return job === undefined ? awaits : { kind: "job", job }
}

const innardsOf = (fiber: AnyFiber): Pick<FiberInfo, "uninterruptible" | "interrupting" | "observed"> => {
  const { _interruptedCause, _observers, _parent, interruptible } = fiber as Innards
  return {
    ...(interruptible === false ? { uninterruptible: true } : {}),
    ...(_interruptedCause === undefined ? {} : { interrupting: true }),
    ...(_parent === undefined && !(Array.isArray(_observers) && _observers.length > 0) ? { observed: false } : {})
  }
}

const wholeOf = (fiber: AnyFiber): Pick<FiberInfo, "whole"> => {
  const call = wholeCalls.noted(fiber)
  if (call === undefined) return {}
  const ms = call.endedAt - call.startedAt
  return { whole: { name: call.name, reason: call.reason, ms } }
}

const noteOf = (fiber: AnyFiber): { readonly note?: string } => {
  const note = fiberNotes.noteOf(fiber)
  return note === undefined ? {} : { note }
}
