/**
 * What suspended fibers await.
 *
 * Whatever makes a fiber wait in Effect is one primitive, `Effect.callback`: it registers, gets back how to undo that, and
 * suspends. This file wraps the evaluation of that primitive and leaves on the fiber what registering returned (the
 * cancelling effect, which the fiber keeps anyway) or, where it returned nothing, one word; and, by wrapping `addObserver`,
 * the ids of the fibers whose end it asked for meanwhile. Two stores and three calls a suspension, 10 to 15 ns; nothing is
 * kept alive that would not be otherwise.
 *
 * What it is that is awaited is told when someone looks: a cancelling effect of `Deferred.await` has the source text of
 * all of those, and what that text is was learned from fibers made to wait for each known thing (`learn`). So nothing
 * depends on names or on a version, minified code included; two things with one text are both `unknown`.
 *
 * **Invariant.** Probed before it is used, like the fiber hook. Where Effect suspends in another way, fibers await
 * `unknown`.
 *
 * Rejected: wrapping `Deferred.await`, `Queue.take` and the like (module functions: they cannot be, and there are many);
 * keeping the registering function itself (it holds what the user's closure holds for as long as the fiber waits).
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
import type { AnyFiber, FiberPrototype } from "./fiberProbe.ts"
import * as semaphores from "./semaphores.ts"

type Kind = Awaited["kind"]

const left: unique symbol = Symbol.for("~giveway/awaits")
const asked: unique symbol = Symbol.for("~giveway/joins")

/** What this file keeps of a fiber, between its suspension and its next slice. */
interface Place {
  /**
   * the cancelling effect; for what has none a word, or how it is resumed, which its waker has too; `null` while it does not
   * wait
   */
  [left]?: unknown
  /** whose end it asked for while it registered */
  [asked]?: number | Array<number> | null
}

/**
 * A fiber is its own place, and one that is made under the hook has room from the start: Effect's own code meets fibers of
 * few shapes. The few that were there before get the properties when they run next.
 */
export type AwaitingFiber = AnyFiber & Place

/** Makes room on a fiber that is being made. Hot. */
export const prepare = (fiber: AwaitingFiber): void => {
  fiber[left] = null
  fiber[asked] = null
}

/** Says that the fiber runs again. Hot. */
export const clear = (fiber: AwaitingFiber): void => {
  if (fiber[left] !== null) prepare(fiber)
}

/** Whether it suspended in the primitive; else it gave way. Hot. */
export const isWaiting = (fiber: AwaitingFiber): boolean => fiber[left] !== null

/** Effect's primitive, as far as it is touched. */
interface Callback {
  readonly register: (this: unknown, resume: unknown, signal?: unknown) => unknown
  readonly withSignal: boolean
}

type Evaluate = (this: Callback, fiber: AwaitingFiber) => unknown

const evaluateKey = "~effect/Effect/evaluate"
const argsKey = "~effect/Effect/args"

const textOf = (f: unknown): string | undefined =>
  typeof f === "function" ? Function.prototype.toString.call(f) : undefined

// --- registering ----------------------------------------------------------------------------------------------------

let evaluating: Callback | undefined
let evaluatingFor: AwaitingFiber | undefined
/** the fiber that registers now: whom it observes meanwhile, it awaits */
let registering: AwaitingFiber | undefined

const evaluateNext = (callback: Callback, fiber: AwaitingFiber): void => {
  evaluating = callback
  evaluatingFor = fiber
}

/** Stands in for the registering function of the primitive that is evaluated, and calls it. */
const register = function (this: unknown, resume: unknown, signal?: unknown): unknown {
  const callback = evaluating!
  const fiber = evaluatingFor!
  // it may hold much, and the next one may be far
  evaluating = evaluatingFor = undefined
  const outer = registering
  registering = fiber
  try {
    const cancel = callback.register.call(this, resume, signal)
    fiber[left] = cancel ?? wordFor(callback, fiber) ?? resume
    return cancel
  } finally {
    registering = outer
  }
}

// not one object literal each: the primitive is told apart by its prototype, which these must have
const standIn = (prototype: object, withSignal: boolean): Callback =>
  Object.assign(Object.create(prototype) as object, { register, withSignal })

const never = Effect.never as unknown as Callback

const wordFor = (callback: Callback, place: Place): string | undefined => {
  if (callback === never) return "never"
  // `Effect.promise` hands over a function of two parameters although it wants no signal; `Effect.callback` cannot
  if (!callback.withSignal && callback.register.length === 2) return "promise"
  // an abort controller or a set of fibers was made for these: that costs more than a look at the text
  if (callback.withSignal) return promises.has(textOf(callback.register)!) ? "promise" : undefined
  if (place[asked] === null) return undefined
  const text = textOf(callback.register)!
  if (learningRaces) races.add(text)
  return races.has(text) ? "race" : undefined
}

const ask = (place: Place, id: number): void => {
  const known = place[asked]
  if (known === undefined || known === null) place[asked] = id
  else if (typeof known === "number") place[asked] = [known, id]
  else known.push(id)
}

/** Wraps what makes fibers wait, if it is as expected; returns how to take it back. */
export const install = (prototype: FiberPrototype, suspended: unknown): (() => void) | undefined => {
  const callbacks = Object.getPrototypeOf(Effect.callback(() => {})) as Record<string, Evaluate | undefined>
  const evaluate = callbacks[evaluateKey]
  const { addObserver } = prototype
  if (typeof evaluate !== "function" || typeof addObserver !== "function" || "register" in callbacks) return undefined
  const plain = standIn(callbacks, false)
  const signalled = standIn(callbacks, true)
  const hookedEvaluate: Evaluate = function (fiber) {
    evaluateNext(this, fiber)
    const result = evaluate.call(this.withSignal ? signalled : plain, fiber)
    // resumed while it registered: it did not suspend
    if (result !== suspended) clear(fiber)
    return result
  }
  const hookedAddObserver: FiberPrototype["addObserver"] = function (observer) {
    if (registering !== undefined && registering === Fiber.getCurrent()) ask(registering, this.id)
    return addObserver.call(this, observer)
  }
  callbacks[evaluateKey] = hookedEvaluate
  prototype.addObserver = hookedAddObserver
  const restore = (): void => {
    if (callbacks[evaluateKey] === hookedEvaluate) callbacks[evaluateKey] = evaluate
    if (prototype.addObserver === hookedAddObserver) prototype.addObserver = addObserver
  }
  try {
    if (works()) {
      learn()
      return restore
    }
  } catch {
    // a version of Effect in which one of them is another thing: fibers await what is not known
  }
  restore()
  return undefined
}

/** Does a fiber that waits leave what registering returned, and go on when it is resumed? */
const works = (): boolean => {
  const cancel = Effect.void
  let resume: ((effect: Effect.Effect<number>) => void) | undefined
  const waiting: AwaitingFiber = Effect.runFork(
    Effect.callback<number>((answer) => {
      resume = answer
      return cancel
    })
  )
  const seen = waiting[left]
  const joining: AwaitingFiber = Effect.runFork(Fiber.join(waiting as Fiber.Fiber<number>))
  const joined = joining[asked]
  resume?.(Exit.succeed(1))
  const exit = joining.pollUnsafe()
  return seen === cancel && joined === waiting.id && exit !== undefined && Exit.isSuccess(exit) && exit.value === 1
}

// --- learning -------------------------------------------------------------------------------------------------------

/** By the source text of the cancelling effect. `undefined`: several have it. */
const kinds = new Map<string, Kind | "children" | undefined>()
const promises = new Set<string>()
const races = new Set<string>()
let learningRaces = false
/** of the frame that a waiter of a semaphore leaves on its stack: its cancelling effect is none */
const semaphoreFrames = new Set<string>()

/** Source text of the function that a cancelling effect runs, if it is one that only runs a function. */
const cancelText = (cancel: unknown): string | undefined =>
  typeof cancel === "object" && cancel !== null
    ? textOf((cancel as { readonly [argsKey]?: unknown })[argsKey])
    : undefined

/** The exit frames that the fiber pushed last. A waiter's own are among the last few. */
const exitTexts = (fiber: AnyFiber): ReadonlyArray<string> => {
  const stack = (fiber as { readonly _stack?: unknown })._stack
  if (!Array.isArray(stack)) return []
  return stack.slice(-4).flatMap((frame: { readonly onExit?: unknown }) => textOf(frame.onExit) ?? [])
}

const learn = (): void => {
  if (kinds.size > 0) return
  const waiting = (effect: Effect.Effect<unknown, unknown>, look: (fiber: AwaitingFiber) => void): void => {
    const fiber: AwaitingFiber = Effect.runFork(effect as Effect.Effect<unknown>)
    try {
      if (fiber.pollUnsafe() === undefined) look(fiber)
    } finally {
      fiber.interruptUnsafe()
    }
  }
  const cancelled = (kind: Kind | "children", ...effects: ReadonlyArray<Effect.Effect<unknown, unknown>>): void => {
    for (const effect of effects) {
      waiting(effect, (fiber) => {
        const text = cancelText(fiber[left])
        if (text === undefined) return
        kinds.set(text, kinds.has(text) && kinds.get(text) !== kind ? undefined : kind)
      })
    }
  }
  const scope = Scope.makeUnsafe()
  const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
    Effect.provideService(effect, Scope.Scope, scope)
  const never = Effect.runFork(Effect.never)
  const full = <A>(made: Effect.Effect<A>, offer: (it: A) => Effect.Effect<unknown>): Effect.Effect<unknown> =>
    Effect.flatMap(made, (it) => Effect.andThen(offer(it), offer(it)))

  cancelled("timer", Effect.sleep(3_600_000))
  cancelled("deferred", Deferred.await(Deferred.makeUnsafe()))
  cancelled("latch", Latch.makeUnsafe(false).await)
  cancelled(
    "queue",
    Effect.flatMap(Queue.unbounded<number>(), Queue.take),
    Effect.flatMap(Queue.unbounded<number>(), Queue.await),
    full(Queue.bounded<number>(1), (queue) => Queue.offer(queue, 1)),
    full(Queue.bounded<number>(1), (queue) => Queue.offerAll(queue, [1]))
  )
  cancelled(
    "pubsub",
    inScope(Effect.flatMap(Effect.flatMap(PubSub.unbounded<number>(), PubSub.subscribe), PubSub.take)),
    inScope(
      Effect.flatMap(PubSub.bounded<number>(1), (pubsub) =>
        Effect.andThen(PubSub.subscribe(pubsub), PubSub.publishAll(pubsub, [1, 2, 3]))
      )
    )
  )
  cancelled(
    "pool",
    inScope(full(inScope(Pool.make({ acquire: Effect.void, size: 1 })), (pool) => inScope(Pool.get(pool))))
  )
  cancelled("fiber", Fiber.join(never), Fiber.await(never), Fiber.awaitAll([never]), Fiber.joinAll([never]))
  cancelled(
    "children",
    Effect.forEach([1, 2], () => Effect.never, { concurrency: 2 })
  )

  const settles = new Promise<never>(() => {})
  for (const promise of [Effect.promise((_signal) => settles), Effect.tryPromise((_signal) => settles)]) {
    const text = textOf((promise as unknown as Callback).register)
    if (text !== undefined) promises.add(text)
  }
  learningRaces = true
  for (const race of [Effect.raceAll, Effect.raceAllFirst]) waiting(race([Effect.never, Effect.never]), () => {})
  learningRaces = false
  waiting(Effect.flatMap(Semaphore.make(0), Semaphore.take(1)), (fiber) => {
    for (const text of exitTexts(fiber)) semaphoreFrames.add(text)
  })
  semaphores.learn()
  never.interruptUnsafe()
  Effect.runFork(Scope.close(scope, Exit.void))
}

// --- looking --------------------------------------------------------------------------------------------------------

/** What must be known of all fibers, found out when the first one asks. */
export interface Others {
  /** the live fibers that a fiber started */
  readonly children: (id: number) => ReadonlyArray<number>
  readonly held: () => semaphores.HeldSemaphores
}

/** What a waiting fiber awaits. */
export const of = (fiber: AwaitingFiber, others: Others): Awaited => {
  const cancel = fiber[left]
  if (cancel === null) return { kind: "unknown" }
  if (cancel === "race") return joined(fiber)
  if (typeof cancel === "function") {
    const isWaiter = exitTexts(fiber).some((text) => semaphoreFrames.has(text))
    if (!isWaiter) return { kind: "callback" }
    return { kind: "semaphore", ...semaphores.awaited(cancel, others.held()) }
  }
  if (cancel === "never" || cancel === "promise") return { kind: cancel }
  const text = cancelText(cancel)
  if (text === undefined || !kinds.has(text)) return { kind: "callback" }
  const kind = kinds.get(text)
  if (kind === "children") return { kind: "fiber", wakers: others.children(fiber.id) }
  if (kind === undefined) return { kind: "unknown" }
  if (kind === "fiber") return joined(fiber)
  return { kind }
}

const joined = ({ [asked]: ids }: Place): Awaited => {
  if (ids === undefined || ids === null) return { kind: "fiber" }
  return { kind: "fiber", wakers: typeof ids === "number" ? [ids] : ids }
}
