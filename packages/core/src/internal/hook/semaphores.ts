/**
 * Which semaphore a fiber waits for, and which fibers hold its permits.
 *
 * `withPermits` leaves an exit frame on its fiber's stack. The closure of that frame gives the permits back through a method
 * of the prototype that all semaphores share. While that method is replaced by one that only notes its receiver and its
 * argument, a call of the closure tells the semaphore and the number of permits, and changes nothing. A closure is called only
 * if its source text is that of a holder made for the purpose, and only when a dump is taken while some fiber waits for a
 * semaphore.
 *
 * **Invariant**: holders are named only where they hold all permits that are taken. Permits that were taken by hand, or for a
 * scope, belong to no fiber, and anybody may release them. (A program that releases or resizes by hand breaks this invariant,
 * as it breaks the semaphore.)
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Awaited } from "../fibers/fiberInfo.ts"
import type { AnyFiber } from "./innards.ts"
import { exitClosures, textOf } from "./innards.ts"

/** A semaphore, as Effect builds it. */
interface SemaphoreInnards {
  readonly taken: number
  readonly permits: number
  readonly waiters: ReadonlySet<{ readonly resume: unknown }>
}

interface Methods {
  releaseUnsafe?: (this: SemaphoreInnards, fiber: unknown, permits: number) => number
}

/** The permits that a closure would give back. */
interface Hold {
  readonly semaphore: SemaphoreInnards
  readonly permits: number
}

interface Held {
  permits: number
  readonly holders: Set<number>
}

/** The semaphores of which fibers hold permits: a description of each, by what its waiters have left in it. */
export type HeldSemaphores = ReadonlyMap<unknown, Pick<Awaited, "semaphore" | "detail" | "wakers">>

/** Source texts of the exit closures of holders; empty where this version of Effect builds semaphores in another way. */
const closures = new Set<string>()

const methods = Object.getPrototypeOf(Semaphore.makeUnsafe(1)) as Methods

/** The permits that a holder's closure would give back; it does not give them back. */
const holdOf = (closure: () => unknown): Hold | undefined => {
  const { releaseUnsafe } = methods
  if (releaseUnsafe === undefined) return undefined
  let noted: Hold | undefined
  methods.releaseUnsafe = function (_fiber, permits) {
    noted = { semaphore: this, permits }
    return 0
  }
  try {
    closure()
  } finally {
    methods.releaseUnsafe = releaseUnsafe
  }
  return noted
}

/** Learns the source text of a holder's closure from a holder made for the purpose. */
export const learn = (): void => {
  const semaphore = Semaphore.makeUnsafe(1)
  const holder = Effect.runFork(semaphore.withPermits(1)(Effect.never))
  for (const closure of exitClosures(holder)) {
    if (!Object.hasOwn(methods, "releaseUnsafe")) break
    const hold = holdOf(closure)
    const { taken, waiters } = semaphore as unknown as SemaphoreInnards
    const works = (hold?.semaphore as unknown) === semaphore && hold?.permits === 1 && taken === 1 && waiters.size === 0
    if (works) closures.add(textOf(closure)!)
  }
  holder.interruptUnsafe()
}

/** The semaphores of which some of `fibers` hold permits. Takes some 1 µs a fiber and a waiter: a semaphore may have 100,000 of both. */
export const heldBy = (fibers: Iterable<AnyFiber>): HeldSemaphores => {
  const held = new Map<SemaphoreInnards, Held>()
  for (const fiber of closures.size === 0 ? [] : fibers) {
    for (const closure of exitClosures(fiber)) {
      const hold = closures.has(textOf(closure)!) ? holdOf(closure) : undefined
      if (hold === undefined) continue
      const known = held.get(hold.semaphore) ?? { permits: 0, holders: new Set() }
      held.set(hold.semaphore, known)
      known.permits += hold.permits
      known.holders.add(fiber.id)
    }
  }
  const byWaiter = new Map<unknown, Pick<Awaited, "semaphore" | "detail" | "wakers">>()
  for (const [semaphore, { holders, permits }] of held) {
    if (semaphore.waiters.size === 0) continue
    const about = {
      semaphore: numberOf(semaphore),
      detail: `${semaphore.taken} of ${semaphore.permits} permits taken`,
      ...(semaphore.taken === permits ? { wakers: Array.from(holders).sort((a, b) => a - b) } : {})
    }
    for (const { resume } of semaphore.waiters) byWaiter.set(resume, about)
  }
  return byWaiter
}

const numbers = new WeakMap<object, number>()
let lastNumber = 0

const numberOf = (semaphore: object): number => {
  const known = numbers.get(semaphore)
  if (known !== undefined) return known
  numbers.set(semaphore, ++lastNumber)
  return lastNumber
}
