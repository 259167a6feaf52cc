/**
 * What suspended fibers await, told when a dump is taken.
 *
 * A fiber leaves its cancelling effect when it suspends (`suspension.ts`). All cancelling effects of `Deferred.await` have the
 * same source text. So the text tells the kind, and the texts are learned at installation, from fibers made to wait for each
 * known thing (`learn`). Nothing depends on names or on a version, and minified code is read as well. Where two kinds have one
 * text, both are `unknown`.
 *
 * Rejected: a number for each deferred, queue and latch, to tell apart those of one kind (decision 0090).
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Pool from "effect/Pool"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Awaited } from "../fibers/fiberInfo.ts"
import type { FiberPrototype } from "./fiberProbe.ts"
import type { AnyFiber } from "./innards.ts"
import { closureText, exitClosures, textOf } from "./innards.ts"
import * as semaphores from "./semaphores.ts"
import * as suspension from "./suspension.ts"

/** Makes fibers leave their traces, and learns to read them; returns how to undo that, `undefined` if Effect does not let us. */
export const install = (
  prototype: FiberPrototype,
  suspended: unknown,
  onWait: (fiber: AnyFiber) => void
): (() => void) | undefined => {
  const restore = suspension.install(prototype, suspended, onWait)
  if (restore === undefined) return undefined
  try {
    learn()
    return restore
  } catch {
    // a version of Effect in which one of the things waited for is made in another way: fibers await `unknown`
    restore()
    return undefined
  }
}

// --- learning -------------------------------------------------------------------------------------------------------

/** `children`: all fibers that the waiting fiber started */
type Kind = Awaited["kind"] | "children"

/** By the source text of the cancelling effect. `undefined`: several kinds have it. */
const kinds = new Map<string, Kind | undefined>()

/** Source texts of the exit frames that waiters of semaphores have on their stacks: they leave no cancelling effect. */
const semaphoreFrames = new Set<string>()

/** Source texts of the exit closures of a wait: they are in the last four frames. */
const exitTexts = (fiber: AnyFiber): ReadonlyArray<string> => exitClosures(fiber, 4).map((closure) => textOf(closure)!)

/** Starts a fiber that waits, looks at it, and interrupts it. */
const waiting = (effect: Effect.Effect<unknown, unknown>, look: (fiber: AnyFiber) => void): void => {
  const fiber: AnyFiber = Effect.runFork(effect as Effect.Effect<unknown>)
  try {
    if (fiber.pollUnsafe() === undefined) look(fiber)
  } finally {
    fiber.interruptUnsafe()
  }
}

const learnKind = (kind: Kind, ...effects: ReadonlyArray<Effect.Effect<unknown, unknown>>): void => {
  for (const effect of effects) {
    waiting(effect, (fiber) => {
      const text = closureText(suspension.leftBy(fiber))
      if (text !== undefined) kinds.set(text, kinds.has(text) && kinds.get(text) !== kind ? undefined : kind)
    })
  }
}

/** Makes a bounded queue or the like, and offers it one more element than it holds. */
const full = <A>(made: Effect.Effect<A>, offer: (it: A) => Effect.Effect<unknown>): Effect.Effect<unknown> =>
  Effect.flatMap(made, (it) => Effect.andThen(offer(it), offer(it)))

const learn = (): void => {
  if (kinds.size > 0) return
  const scope = Scope.makeUnsafe()
  const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
    Effect.provideService(effect, Scope.Scope, scope)
  const never = Effect.runFork(Effect.never)

  learnKind("timer", Effect.sleep(3_600_000))
  learnKind("deferred", Deferred.await(Deferred.makeUnsafe()))
  learnKind("latch", Latch.makeUnsafe(false).await)
  learnKind(
    "queue",
    Effect.flatMap(Queue.unbounded<number>(), Queue.take),
    Effect.flatMap(Queue.unbounded<number>(), Queue.await),
    full(Queue.bounded<number>(1), (queue) => Queue.offer(queue, 1)),
    full(Queue.bounded<number>(1), (queue) => Queue.offerAll(queue, [1]))
  )
  learnKind(
    "pubsub",
    inScope(Effect.flatMap(Effect.flatMap(PubSub.unbounded<number>(), PubSub.subscribe), PubSub.take)),
    inScope(
      Effect.flatMap(PubSub.bounded<number>(1), (pubsub) =>
        Effect.andThen(PubSub.subscribe(pubsub), PubSub.publishAll(pubsub, [1, 2, 3]))
      )
    )
  )
  learnKind(
    "pool",
    inScope(full(inScope(Pool.make({ acquire: Effect.void, size: 1 })), (pool) => inScope(Pool.get(pool))))
  )
  learnKind("fiber", Fiber.join(never), Fiber.await(never), Fiber.awaitAll([never]), Fiber.joinAll([never]))
  learnKind(
    "children",
    Effect.forEach([1, 2], () => Effect.never, { concurrency: 2 })
  )

  const settles = new Promise<never>(() => {})
  suspension.learnPromise(Effect.promise((_signal) => settles))
  suspension.learnPromise(Effect.tryPromise((_signal) => settles))
  suspension.learnRaces(() => {
    for (const race of [Effect.raceAll, Effect.raceAllFirst]) waiting(race([Effect.never, Effect.never]), () => {})
  })
  waiting(Effect.flatMap(Semaphore.make(0), Semaphore.take(1)), (fiber) => {
    for (const text of exitTexts(fiber)) semaphoreFrames.add(text)
  })
  semaphores.learn()
  never.interruptUnsafe()
  Effect.runFork(Scope.close(scope, Exit.void))
}

// --- looking --------------------------------------------------------------------------------------------------------

/** Facts about all fibers, found out when the first waiting fiber needs them. */
export interface Others {
  /** the live fibers that a fiber started */
  readonly children: (id: number) => ReadonlyArray<number>
  readonly held: () => semaphores.HeldSemaphores
}

/** What a waiting fiber awaits. */
export const of = (fiber: AnyFiber, others: Others): Awaited => {
  const left = suspension.leftBy(fiber)
  if (left === null) return { kind: "unknown" }
  if (left === "race") return joined(fiber)
  if (left === "never" || left === "promise") return { kind: left }
  if (typeof left === "function") {
    const isWaiter = exitTexts(fiber).some((text) => semaphoreFrames.has(text))
    return isWaiter ? { kind: "semaphore", ...others.held().get(left) } : { kind: "callback" }
  }
  const text = closureText(left)
  if (text === undefined || !kinds.has(text)) return { kind: "callback" }
  const kind = kinds.get(text)
  if (kind === "children") return { kind: "fiber", wakers: others.children(fiber.id) }
  if (kind === "fiber") return joined(fiber)
  return { kind: kind ?? "unknown" }
}

const joined = (fiber: AnyFiber): Awaited => {
  const wakers = suspension.joinedBy(fiber)
  return wakers === undefined ? { kind: "fiber" } : { kind: "fiber", wakers }
}
