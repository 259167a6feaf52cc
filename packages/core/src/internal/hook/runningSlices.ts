/**
 * Questions about the slices that are on the stack now. Diagnoses and dumps ask them, in the middle of a slice or between
 * slices; nothing here runs at a slice's begin or end.
 */
import type { AnyFiber } from "./innards.ts"
import * as fiberHook from "./fiberHook.ts"
import { now, thread, Times } from "./hookedThread.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

const { block, running, table, times } = thread

/** The fiber that has run longest by itself in the outermost slice that runs now. `fiber` is there if it still runs. */
interface Hog {
  readonly fiber: AnyFiber | undefined
  readonly fiberId: number
  readonly label: number
  readonly selfMs: number
}

/** Finds the hog at `at`. */
export const hogSoFar = (at: number): Hog => {
  let best: Hog = { fiber: undefined, ...fiberHook.topSlice(), selfMs: times[Times.top]! }
  for (let depth = 0; depth < thread.depth; depth++) {
    const selfMs = selfAt(depth, at)
    const fiber = running[depth]
    if (selfMs > best.selfMs && fiber !== undefined) {
      best = { fiber, fiberId: fiber.id, label: fiberHook.sliceAt(depth).label, selfMs }
    }
  }
  return best
}

const selfAt = (depth: number, at: number): number =>
  fiberHook.sliceAt(depth).selfMs + (depth === thread.depth - 1 ? at - times[Times.boundary]! : 0)

/** Self time, in ms, of the slices on the stack, which no total contains yet; of one fiber only, if one is given. */
export const selfOnStack = (at: number, fiber?: AnyFiber): number => {
  let selfMs = 0
  for (let depth = 0; depth < thread.depth; depth++) {
    if (fiber === undefined || running[depth] === fiber) selfMs += selfAt(depth, at)
  }
  return selfMs
}

/** When the slice of a running fiber began; `undefined` if the hook does not see it run. */
export const sliceStart = (fiber: AnyFiber): number | undefined => {
  const depth = thread.depth === 0 ? -1 : running.lastIndexOf(fiber, thread.depth - 1)
  return depth === -1 ? undefined : fiberHook.sliceAt(depth).startedAt
}

/** Time that a live fiber has run itself, ms; `undefined` where no hook sees its slices. */
export const selfMsOf = (fiber: AnyFiber): number | undefined => {
  if (!fiberHook.isInstalled()) return undefined
  const row = fiberHook.rowOf(fiber)
  return (row === undefined ? 0 : table.rowOf(row).selfMs) + selfOnStack(now(), fiber)
}

/** The fiber whose outermost slice ended last, and when. To be asked only while no fiber runs. */
export const lastRun = (): { readonly fiberId: number; readonly label: number; readonly endedAt: number } => {
  const { fiberId, label } = threadBlock.readBeacon(block)
  return { fiberId, label, endedAt: times[Times.boundary]! }
}
