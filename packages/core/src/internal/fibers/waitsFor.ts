/**
 * Who waits for whom, and who among them waits for ever.
 *
 * A fiber can be woken by its wakers, where those are known to be the only ones. A set of fibers all of whose wakers lie
 * in the set is a knot: nobody outside can wake any of them, short of an interruption. The largest such set is what is
 * left when everyone with a waker outside of it is taken away, again and again. In it there is a cycle, since each has a
 * waker there; the cycle is what people call the deadlock, the others wait behind it.
 *
 * **Invariant**: no false alarm. Whoever might be woken by something that is not known (a timer, I/O, a deferred that
 * anybody may complete) has no wakers here and so takes those who wait for it out of the set.
 *
 * Rejected: any cycle of the graph. A semaphore's waiter waits for whichever holder releases first, so it may stand on a
 * cycle and still be woken by the other holder.
 */
import type { FiberInfo } from "../../FiberDump.ts"

/** The fibers that nobody outside can wake, by id, each with its wakers. */
export const knot = (fibers: ReadonlyArray<FiberInfo>): ReadonlyMap<number, ReadonlyArray<number>> => {
  const stuck = new Map<number, ReadonlyArray<number>>()
  for (const { awaits, id, state } of fibers) {
    if (state === "waiting" && awaits?.wakers !== undefined && awaits.wakers.length > 0) stuck.set(id, awaits.wakers)
  }
  const waitersOf = new Map<number, Array<number>>()
  for (const [id, wakers] of stuck) {
    for (const waker of wakers) {
      const waiters = waitersOf.get(waker)
      if (waiters === undefined) waitersOf.set(waker, [id])
      else waiters.push(id)
    }
  }
  const free = Array.from(waitersOf.keys()).filter((id) => !stuck.has(id))
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    for (const waiter of waitersOf.get(id) ?? []) if (stuck.delete(waiter)) free.push(waiter)
  }
  return stuck
}

/** The cycles of the knot, each fiber in one at most: ids, each waiting for the next and the last for the first. */
export const cycles = (fibers: ReadonlyArray<FiberInfo>): ReadonlyArray<ReadonlyArray<number>> => {
  const stuck = knot(fibers)
  const visited = new Set<number>()
  const found: Array<ReadonlyArray<number>> = []
  for (const start of Array.from(stuck.keys()).sort((a, b) => a - b)) {
    const path: Array<number> = []
    const at = new Map<number, number>()
    // each member has a waker in the knot, so following the first one comes back somewhere
    for (let id = start; !visited.has(id); id = stuck.get(id)![0]!) {
      visited.add(id)
      at.set(id, path.length)
      path.push(id)
      const next = stuck.get(id)![0]!
      const from = at.get(next)
      if (from !== undefined) found.push(path.slice(from))
    }
  }
  return found
}
