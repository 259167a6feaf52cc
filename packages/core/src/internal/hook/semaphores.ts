/**
 * Who holds the permits that a fiber waits for.
 *
 * `withPermits` leaves an exit frame on its fiber's stack, whose closure gives the permits back through the prototype of all
 * semaphores. Called while that method is replaced by one that only notes its receiver, the closure says which semaphore it
 * is, and how many permits, and does nothing. It is called only if its source text is that of the closure of a holder that was
 * made for the purpose, and only when somebody asks while some fiber waits for a semaphore.
 *
 * **Invariant**: holders are named only where they hold all permits that are taken. Permits that were taken by hand, or for a
 * scope, are nobody's in particular, and whoever waits for those could be woken by anybody. (Whoever releases or resizes by hand
what others hold breaks that, as it breaks the semaphore.)
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { AnyFiber } from "./fiberProbe.ts"
import * as things from "./things.ts"

interface Innards {
  readonly taken: number
  readonly permits: number
  readonly waiters: ReadonlySet<{ readonly resume: unknown }>
}

interface Methods {
  releaseUnsafe?: (this: Innards, fiber: unknown, permits: number) => number
}

interface Held {
  permits: number
  readonly holders: Array<number>
}

/** Source texts of the exit closures of holders; empty where this version of Effect keeps semaphores in another way. */
const closures = new Set<string>()

const exitClosures = (fiber: AnyFiber): ReadonlyArray<() => unknown> => {
  const stack = (fiber as { readonly _stack?: unknown })._stack
  if (!Array.isArray(stack)) return []
  return stack.flatMap((frame: { readonly onExit?: unknown }) =>
    typeof frame.onExit === "function" ? [frame.onExit as () => unknown] : []
  )
}

const textOf = (f: () => unknown): string => Function.prototype.toString.call(f)

const methods = Object.getPrototypeOf(Semaphore.makeUnsafe(1)) as Methods

/** Which semaphore a holder's closure gives permits back to, without its doing so. */
const ask = (closure: () => unknown): { readonly semaphore: Innards; readonly permits: number } | undefined => {
  const { releaseUnsafe } = methods
  if (releaseUnsafe === undefined) return undefined
  let noted: { readonly semaphore: Innards; readonly permits: number } | undefined
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

/** Learns what a holder's closure looks like. */
export const learn = (): void => {
  const semaphore = Semaphore.makeUnsafe(1)
  const holder = Effect.runFork(semaphore.withPermits(1)(Effect.never))
  for (const closure of exitClosures(holder)) {
    if (!Object.hasOwn(methods, "releaseUnsafe")) break
    const noted = ask(closure)
    const { taken, waiters } = semaphore as unknown as Innards
    const works =
      (noted?.semaphore as unknown) === semaphore && noted?.permits === 1 && taken === 1 && waiters.size === 0
    if (works) closures.add(textOf(closure))
  }
  holder.interruptUnsafe()
}

/** Who holds what, among `fibers`. */
export const holdersAmong = (fibers: Iterable<AnyFiber>): ReadonlyMap<Innards, Held> => {
  const held = new Map<Innards, Held>()
  for (const fiber of closures.size === 0 ? [] : fibers) {
    for (const closure of exitClosures(fiber)) {
      const noted = closures.has(textOf(closure)) ? ask(closure) : undefined
      if (noted === undefined) continue
      const known = held.get(noted.semaphore) ?? { permits: 0, holders: [] }
      held.set(noted.semaphore, known)
      known.permits += noted.permits
      if (!known.holders.includes(fiber.id)) known.holders.push(fiber.id)
    }
  }
  return held
}

/** What is known of the semaphore in which a waiter left `resume`. */
export const awaited = (
  resume: unknown,
  held: ReadonlyMap<Innards, Held>
): { readonly detail?: string; readonly thing?: number; readonly wakers?: ReadonlyArray<number> } => {
  for (const [semaphore, { holders, permits }] of held) {
    if (!Array.from(semaphore.waiters).some((waiter) => waiter.resume === resume)) continue
    const detail = `${semaphore.taken} of ${semaphore.permits} permits taken`
    const thing = things.numberOf(semaphore)
    if (semaphore.taken !== permits) return { thing, detail }
    return { thing, detail, wakers: holders.toSorted((a, b) => a - b) }
  }
  return {}
}
