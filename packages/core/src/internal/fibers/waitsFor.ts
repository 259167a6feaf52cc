/**
 * The fibers that wait for each other, and among them those that wait for ever.
 *
 * A fiber can be woken by its wakers, where those are known to be the only ones. A **knot** is a set of fibers whose wakers all
 * lie in the set: nothing outside can wake any of them, except an interruption. The largest knot is found by removal: as long
 * as some fiber has a waker outside of the set, that fiber is removed. The rest contains a cycle, since each fiber has a waker
 * in it. The cycle is the deadlock; the other fibers wait behind it.
 *
 * **Invariant**: no false alarm. A fiber that some unknown event might wake (a timer, I/O, a deferred that any code may
 * complete) has no wakers here, and so the fibers that wait for it are removed from the set.
 *
 * All waiters of a semaphore have the same wakers, so they are one group: 100,000 waiters and 1,000 holders are 101,000 steps, and no
 * 100 million.
 *
 * Rejected: any cycle of the graph. A semaphore's waiter waits for whichever holder releases first, so it may stand on a
 * cycle and still be woken by the other holder.
 */
import type { FiberInfo } from "./fiberInfo.ts"

/** Fibers that are woken by the same fibers. */
interface Group {
  readonly wakers: ReadonlyArray<number>
  readonly waiters: Array<number>
}

const areSame = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  a === b || (a.length === b.length && a.every((id, index) => id === b[index]))

/** The largest knot: the fibers that nothing outside can wake, by id, each with its wakers. */
export const knot = (fibers: ReadonlyArray<FiberInfo>): ReadonlyMap<number, ReadonlyArray<number>> => {
  const stuck = new Map<number, ReadonlyArray<number>>()
  const groups = new Map<string, Group>()
  for (const { awaits, id, state } of fibers) {
    if (state !== "waiting" || awaits?.wakers === undefined || awaits.wakers.length === 0) continue
    stuck.set(id, awaits.wakers)
    const known = awaits.semaphore === undefined ? undefined : groups.get(`@${awaits.semaphore}`)
    if (known !== undefined && areSame(known.wakers, awaits.wakers)) {
      known.waiters.push(id)
      continue
    }
    const isFirst = awaits.semaphore !== undefined && known === undefined
    groups.set(isFirst ? `@${awaits.semaphore}` : `#${id}`, { wakers: awaits.wakers, waiters: [id] })
  }
  const groupsOf = new Map<number, Array<Group>>()
  for (const group of groups.values()) {
    for (const waker of group.wakers) {
      const woken = groupsOf.get(waker)
      if (woken === undefined) groupsOf.set(waker, [group])
      else woken.push(group)
    }
  }
  const free = Array.from(groupsOf.keys()).filter((id) => !stuck.has(id))
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    for (const { waiters } of groupsOf.get(id) ?? []) {
      for (const waiter of waiters.splice(0)) if (stuck.delete(waiter)) free.push(waiter)
    }
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

/** Fibers of a cycle that a sentence names. A guess: more would not be read. */
const mostNamed = 12

/** "left #4 waits for right #5, which waits for left #4" */
export const sentence = (cycle: ReadonlyArray<number>, titleOf: (id: number) => string): string => {
  const [first, ...others] = cycle.slice(0, mostNamed).map(titleOf)
  const more = cycle.length > mostNamed ? [`${cycle.length - mostNamed} more`] : []
  return `${first} waits for ${others.length === 0 ? "itself" : [...others, ...more, first].join(", which waits for ")}`
}
