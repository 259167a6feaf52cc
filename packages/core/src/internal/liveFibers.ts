/**
 * The live fibers of this thread, put together from the hook's table and stack when someone asks.
 */
import * as Fiber from "effect/Fiber"
import type { FiberInfo } from "../FiberDump.ts"
import * as fiberHook from "./fiberHook.ts"
import * as fiberNotes from "./fiberNotes.ts"
import type { AnyFiber, Features } from "./fiberProbe.ts"
import { textOfSuspension } from "./fiberProbe.ts"
import { nameOf } from "./labels.ts"
import * as wholeCalls from "./wholeCalls.ts"

/**
 * Every fiber that runs or has suspended and not ended, in no order. A forked fiber counts once it has begun, and one
 * that was there before the hook once it has run since, or if it is who asks.
 */
export const snapshot = (features: Features): ReadonlyArray<FiberInfo> => {
  const { depth, running, table } = fiberHook.thread
  const at = fiberHook.now()
  const onStack = new Set<AnyFiber>()
  for (let index = 0; index < depth; index++) onStack.add(running[index]!)
  const asking = Fiber.getCurrent()
  if (asking !== undefined) onStack.add(asking)
  const infos: Array<FiberInfo> = []
  table.forEach((fiber, row) => {
    // it ended while no hook was there to see it
    if (fiber.pollUnsafe() !== undefined) return table.remove(row)
    const isRunning = onStack.delete(fiber)
    const { parentId, runDelayMs, selfMs, slices, startedAt } = table.rowOf(row)
    const gaveWay = features.gaveWay !== undefined && textOfSuspension(fiber) === features.gaveWay
    infos.push({
      id: fiber.id,
      parentId: parentId === 0 ? undefined : parentId,
      name: nameOf(fiber),
      state: isRunning ? "running" : gaveWay ? "ready" : "waiting",
      startedAt,
      selfMs: selfMs + (isRunning ? fiberHook.selfOnStack(at, fiber) : 0),
      runDelayMs,
      slices: slices + (isRunning ? 1 : 0),
      ...wholeOf(fiber),
      ...noteOf(fiber)
    })
  })
  // those in their first slice have no row yet
  for (const fiber of onStack) {
    const parentId = fiberHook.parentIdOf(fiber)
    const selfMs = fiberHook.selfOnStack(at, fiber)
    infos.push({
      id: fiber.id,
      parentId: parentId === 0 ? undefined : parentId,
      name: nameOf(fiber),
      state: "running",
      startedAt: at - selfMs,
      selfMs,
      runDelayMs: 0,
      slices: 1,
      ...wholeOf(fiber),
      ...noteOf(fiber)
    })
  }
  return infos
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
