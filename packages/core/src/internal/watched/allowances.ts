/**
 * Allowed blocking: which fiber may hold the loop, since when, and for which reason.
 *
 * A fiber enters an allowance and leaves it. A stall is allowed if its fiber was in one for half of the time. Long
 * allowances are kept for a while after they are left, since the slice goes on.
 */
import type * as Fiber from "effect/Fiber"
import { now } from "../sharedMemory/clock.ts"
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
  const allowance: Allowance = { fiberId: fiber.id, reason, startedAt: now(), endedAt: Infinity }
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
