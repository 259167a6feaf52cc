/**
 * Allowed blocking: which fiber may hold the loop, since when, and for which reason; and the times in which this thread did work
 * of Giveway's own: it started a thread, or installed the hook.
 *
 * A fiber enters an allowance and leaves it. A stall is allowed if its fiber was in one for half of the time. Long
 * allowances are kept for a while after they are left, since the slice goes on. A stall that is mostly work of Giveway's own is
 * Giveway's, whichever fiber stood on the stack, since layers are built by the program's fibers.
 *
 * Decision 0102.
 */
import * as Fiber from "effect/Fiber"
import * as cut from "../safeText/cut.ts"
import { now } from "../sharedMemory/clock.ts"
import type { Span } from "../stalls/observations.ts"
import { within } from "../stalls/observations.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import { block } from "../sharedMemory/ownBlock.ts"

interface Allowance {
  readonly fiberId: number
  readonly reason: string
  readonly startedAt: number
  endedAt: number
}

/** Half of the least threshold: a shorter allowance is never half of a stall. */
const leastMs = 5

/** A guess: a slice seldom leaves more long allowances behind. */
const kept = 16

interface Known {
  readonly over: Array<Allowance>
  readonly running: Map<number, Allowance>
}

const key: unique symbol = Symbol.for("@giveway/core/allowances")

const holder = globalThis as { [key]?: Known }

/** The allowances of all copies of this package in the process: the one that watches need not be the one that a test uses. */
const { over, running } = (holder[key] ??= { over: [], running: new Map() })

/** From now on `fiber` may hold the loop, until the returned function is called. */
export const enter = (fiber: Fiber.Fiber<unknown, unknown>, reason: string): (() => void) => {
  const outer = running.get(fiber.id)
  const allowance: Allowance = {
    fiberId: fiber.id,
    reason: cut.to(cut.sentenceLetters, reason),
    startedAt: now(),
    endedAt: Infinity
  }
  running.set(fiber.id, allowance)
  threadBlock.setAllowed(block, fiber.id)
  return () => {
    allowance.endedAt = now()
    if (outer === undefined) {
      running.delete(fiber.id)
      threadBlock.setAllowed(block, 0)
    } else {
      running.set(fiber.id, outer)
    }
    if (allowance.endedAt - allowance.startedAt < leastMs) return
    over.push(allowance)
    if (over.length > kept) over.shift()
  }
}

/** The reason for which `fiberId` was allowed to hold the loop from `from` to `to`; `undefined` if it was not. */
export const reasonFor = (fiberId: number, from: number, to: number): string | undefined => {
  const current = running.get(fiberId)
  const candidates = current === undefined ? over : [...over, current]
  return candidates.find(
    (one) => one.fiberId === fiberId && Math.min(one.endedAt, to) - Math.max(one.startedAt, from) >= (to - from) / 2
  )?.reason
}

// --- work of Giveway's own --------------------------------------------------------------------------------------------

/** The reason for which a stall of such work is allowed. */
export const ownReason = "Giveway's own start"

let ownWork: ReadonlyArray<Span> = []
let ownSince: number | undefined

/** Calls `f` as work of Giveway's own. The watcher logs no report of a stall in it. */
export const runOwn = <A>(f: () => A): A => {
  if (ownSince !== undefined) return f()
  const fiber = Fiber.getCurrent()
  const leave = fiber === undefined ? undefined : enter(fiber, ownReason)
  const from = (ownSince = now())
  try {
    return f()
  } finally {
    leave?.()
    ownSince = undefined
    ownWork = [...ownWork, { from, to: now() }].slice(-kept)
  }
}

/** Whether at least half of the time from `from` to `to` was such work. */
export const isMostlyOwn = (from: number, to: number): boolean => {
  const spans = ownSince === undefined ? ownWork : [...ownWork, { from: ownSince, to }]
  return spans.length > 0 && within(spans, from, to) >= (to - from) / 2
}
