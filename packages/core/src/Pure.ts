/**
 * Long synchronous computations that run in slices: ordinary functions that the compiler gives yield points ({@link fn}),
 * and generators stepped by hand.
 *
 * JavaScript cannot be interrupted between two statements, so code that computes for long must say where it can. A
 * generator does: each bare `yield` is a yield point. The fiber runs the generator until its slice is over, gives way
 * with `Effect.yieldNow`, and goes on where it was.
 *
 * **Invariants.** At least one step is done between two pauses, so a stepped computation always ends if the plain one
 * does. A computation that ends early closes its generator, so `finally` blocks run, in slices too.
 *
 * Rejected: an operation per step (60 ns and more for each, against 15); a promise per slice (no interruption, and
 * microtasks starve timers).
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import { duration } from "./internal/options/duration.ts"
import { fields, names, read } from "./internal/options/fields.ts"
import type { Readers } from "./internal/options/fields.ts"
import { accepting, optional, orDie, text } from "./internal/options/reader.ts"
import { shown } from "./internal/options/shownValue.ts"
import * as inOneGo from "./internal/steppable/inOneGo.ts"
import * as inSlices from "./internal/steppable/inSlices.ts"
import * as pureFunctions from "./internal/steppable/pureFunctions.ts"
import { loopPolicy } from "./internal/steppable/slices/loopPolicy.ts"
import { enterSteps, giveWay, shouldYield } from "./internal/steppable/slices/sliceClock.ts"
import { refusedOf, Slice } from "./internal/steppable/slices/sliceLength.ts"
import { twinOf } from "./internal/steppable/twins.ts"

// --- slices ---------------------------------------------------------------------------------------------------------

export { Slice }

/**
 * The slice of latency mode, 1 ms: other work waits about that long for the loop. It costs at most 3 % of throughput, less
 * than could be measured.
 *
 * **When to use**: with {@link withSlice}.
 *
 * @category slices
 * @since 0.1.0
 */
export const latency: Duration.Duration = Duration.millis(1)

const readSlice = duration({ positive: true, suchAs: "1 millis" })

/**
 * Sets how long stepped code within `effect` (`fn`, `gen`, `forEach`, and code that asks `YieldPoint.shouldYield`) may hold
 * the event loop at a time.
 *
 * Without it a `FairScheduler` decides: its turn (2 ms by default) ends a slice, and so does its own slice (1 ms) while
 * other fibers are ready. Both still hold. So a `slice` shorter than the turn ends the turn too, and timers and sockets
 * are served after it, however many fibers compute. Under any other scheduler a slice lasts 5 ms by default.
 *
 * **When to use**: with {@link latency} around work beside which a service must answer within a millisecond or two.
 *
 * **Errors**: a `slice` that is not from 1 µs to 24 days is a defect, an `InvalidOption`. An invalid slice that is
 * provided as the service {@link Slice} does not count, and each `Pure` effect that begins with it dies with `InvalidOption`.
 *
 * **Cost**: a pass of the event loop (20 to 50 µs) for each slice.
 *
 * **Example**
 *
 * ```ts
 * import { Pure } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const squares = Pure.forEach([1, 2, 3], (n) => n * n)
 *
 * console.log(await Effect.runPromise(squares.pipe(Pure.withSlice(Pure.latency)))) // [ 1, 4, 9 ]
 * ```
 *
 * @category slices
 * @since 0.1.0
 */
export const withSlice: {
  (slice: Duration.Input): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, slice: Duration.Input): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, slice: Duration.Input): Effect.Effect<A, E, R> =>
  orDie(readSlice(slice, "Pure.withSlice", "slice"), (ms) => Effect.provideService(effect, Slice, Duration.millis(ms)))
)

/** An effect begins: throws if it was provided with an invalid slice. */
const throwIfRefused = (): void => {
  const fiber = Fiber.getCurrent()
  const refused = fiber === undefined ? undefined : refusedOf(fiber)
  if (refused !== undefined) Result.getOrThrow(readSlice(refused, "Pure.Slice", "slice"))
}

// --- by hand --------------------------------------------------------------------------------------------------------

/**
 * A computation in steps: each bare `yield` is a yield point, and it returns its result.
 *
 * @category by hand
 * @since 0.1.0
 */
export type Steps<A> = Generator<void, A, void>

/**
 * Runs a computation in slices.
 *
 * `body` is called at each run of the effect. Write a bare `yield` where it may pause; to yield a value is a defect. An
 * error it throws is a defect, as in `Effect.sync`. The fiber can be interrupted wherever the generator pauses; then
 * the generator is closed, and its `finally` blocks run before the fiber ends. A compute job obeys a cancellation at the
 * next `yield`.
 *
 * **When to use**: for pure computations of 1 ms to some 100 ms that should stay on this thread, because their data is
 * large or not cloneable. Longer ones belong in `Compute.run`. Write `yield` after some work: once a
 * microsecond is plenty, once a millisecond is enough.
 *
 * **Cost**: 10 to 25 ns per `yield`, measured on Node 24; V8 also keeps the locals of a loop that yields untyped, which
 * can slow tight arithmetic several times. Put the tight loop inside, and `yield` between its blocks.
 *
 * **Example**
 *
 * ```ts
 * import { Pure } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const primesBelow = (n: number) =>
 *   Pure.gen(function* () {
 *     const composite = new Uint8Array(n)
 *     let count = 0
 *     for (let i = 2; i < n; i++) {
 *       if (composite[i] === 1) continue
 *       count++
 *       for (let j = i * i; j < n; j += i) composite[j] = 1
 *       yield
 *     }
 *     return count
 *   })
 *
 * console.log(await Effect.runPromise(primesBelow(10_000))) // 1229
 * ```
 *
 * @category by hand
 * @since 0.1.0
 */
export const gen = <A>(body: () => Steps<A>): Effect.Effect<A> => stepped(body, shouldYield)

/**
 * Calls a synchronous `f` with each item, in slices, and collects the results. Each item is a yield point.
 *
 * The order is that of the items. An error that `f` or the iterable throws is a defect. The iterable is closed (its
 * iterator's `return` is called) if `f` throws or the fiber is interrupted.
 *
 * **When to use**: for many calls of a function that takes well below a millisecond. For effects use
 * `FairScheduler.forEach`.
 *
 * **Cost**: about 10 ns per item.
 *
 * **Example**
 *
 * ```ts
 * import { Pure } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const lengths = Pure.forEach(["fiber", "slice", "turn"], (word) => word.length)
 *
 * console.log(await Effect.runPromise(lengths)) // [ 5, 5, 4 ]
 * ```
 *
 * @category by hand
 * @since 0.1.0
 */
export const forEach: {
  <A, B>(
    f: (item: A, index: number) => B,
    options?: { readonly discard?: false | undefined }
  ): (items: Iterable<A>) => Effect.Effect<Array<B>>
  <A, B>(
    f: (item: A, index: number) => B,
    options: { readonly discard: true }
  ): (items: Iterable<A>) => Effect.Effect<void>
  <A, B>(
    items: Iterable<A>,
    f: (item: A, index: number) => B,
    options?: { readonly discard?: false | undefined }
  ): Effect.Effect<Array<B>>
  <A, B>(items: Iterable<A>, f: (item: A, index: number) => B, options: { readonly discard: true }): Effect.Effect<void>
} = dual(
  (args) => typeof args[1] === "function",
  <A, B>(
    items: Iterable<A>,
    f: (item: A, index: number) => B,
    options?: { readonly discard?: boolean | undefined }
  ): Effect.Effect<Array<B> | void> => {
    const refused = forEachNames(options)
    if (refused !== undefined) return Effect.die(refused)
    return stepped(function* () {
      const results: Array<B> | undefined = options?.discard === true ? undefined : []
      let index = 0
      for (const item of items) {
        const result = f(item, index++)
        if (results !== undefined) results.push(result)
        if (shouldYield()) yield
      }
      return results
    }, always)
  }
)

const forEachNames = names<{ readonly discard?: boolean | undefined }>("Pure.forEach", { discard: true })

// --- by the compiler ------------------------------------------------------------------------------------------------

/**
 * The options of {@link fn}.
 *
 * @category by the compiler
 * @since 0.1.0
 */
export interface FnOptions {
  /**
   * How long a call may hold the event loop at a time. It takes precedence over a {@link withSlice} around the call, which
   * is the default.
   */
  readonly slice?: Duration.Input | undefined
  /**
   * The module that defines the function, as `import.meta.url`: it lets `Compute.auto` run the function on a worker, which
   * imports that module. Compiled code needs it for functions below the top level of their module only.
   */
  readonly moduleUrl?: string | undefined
}

/**
 * Marks a pure function. Each call of the result is an effect that runs the function in slices.
 *
 * The effect returns what `f` returns; an error that `f` throws is a defect, as in `Effect.sync`. Compiled, `f` has a
 * yield point at the back-edge of each loop and at the entry of each recursive function below it: there its fiber gives
 * way when its slice is over, and can be interrupted; then its `finally` blocks run. Not compiled, `f` is called in one
 * go ({@link isCompiled} tells). The first call that takes longer than a slice is logged as a warning, with the reason,
 * and the report of each stall that such a call makes contains the reason.
 *
 * `f` is pure as far as its callers can tell: it may change objects it made itself. If it touches state that outlives the call (a variable
 * of its module, a cache), compiled calls take turns: one such call of the thread at a time, others wait. Plain code that touches the
 * same state runs the waiting call to its end first. A call that is interrupted in the middle ends its fiber at once, and goes on to its end
 * on a fiber of its own, so that the state is never half done.
 *
 * **When to use**: for an ordinary function with loops or recursion that takes a millisecond to some seconds and should
 * stay on this thread. If it takes longer and its arguments can be copied to a worker, use `Compute.run`.
 *
 * **Errors**: it runs outside of any effect, so it throws: an `InvalidOption`, if `options.slice` is not from 1 µs to 24
 * days.
 *
 * **Cost**: a compiled call costs about a microsecond more than a plain one; inside, see `npm run bench -- yield`.
 *
 * **Example**
 *
 * ```ts
 * import { Pure } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const collatz = Pure.fn("collatz", (start: number) => {
 *   let steps = 0
 *   for (let n = start; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1
 *   return steps
 * })
 *
 * console.log(await Effect.runPromise(collatz(27))) // 111
 * ```
 *
 * @category by the compiler
 * @since 0.1.0
 */
export const fn = <Args extends ReadonlyArray<any>, A>(
  name: string,
  f: (...args: Args) => A,
  options?: FnOptions
): ((...args: Args) => Effect.Effect<A>) => {
  const of = `Pure.fn(${shown(name)})`
  const { moduleUrl, slice } = Result.getOrThrow(read(readFnOptions, of, options))
  Result.getOrThrow(readFunction(f, of, "f"))
  const run = (...args: Args): Effect.Effect<A> =>
    Effect.suspend(() => {
      const twin = twinOf(f)
      throwIfRefused()
      if (twin === undefined) return inOneGo.call(name, f, args, slice)
      return inSlices.begin<A>(twin, args, loopPolicy, slice)
    })
  pureFunctions.define(run, { name, plain: f, slice })
  if (moduleUrl !== undefined) pureFunctions.place(run, moduleUrl, name)
  return Object.defineProperties(run, {
    name: { value: name, configurable: true },
    length: { value: f.length, configurable: true }
  })
}

const readFunction = accepting<unknown>("a function", (value) => typeof value === "function")

const readFnOptions = fields({ slice: optional(readSlice), moduleUrl: optional(text) } satisfies Readers<FnOptions>)

/**
 * Whether a function that {@link fn} made has yield points. The result is `false` also if the compiler left the function
 * native because it has no long loop and no recursion.
 *
 * **When to use**: in a test that guards against a function which silently stopped being compiled.
 *
 * **Example**
 *
 * ```ts
 * import { Pure } from "@giveway/core"
 *
 * const double = Pure.fn("double", (n: number) => 2 * n)
 *
 * console.log(Pure.isCompiled(double)) // false
 * ```
 *
 * @category by the compiler
 * @since 0.1.0
 */
export const isCompiled = (pure: (...args: Array<never>) => Effect.Effect<unknown>): boolean => {
  const known = pureFunctions.of(pure)
  return known !== undefined && twinOf(known.plain) !== undefined
}

/** For a generator that asks by itself before it yields. */
const always = () => true

const stepped = <A>(body: () => Steps<A>, pauses: () => boolean): Effect.Effect<A> =>
  Effect.suspend(() => {
    throwIfRefused()
    const steps = body()
    return Effect.onError(run(steps, pauses, steps.next), () => close(steps, pauses))
  })

/** Runs `steps` to the end, beginning with `first`: their `next`, or their `return` to close them. */
const run = <A>(
  steps: Steps<A>,
  pauses: () => boolean,
  first: (this: Steps<A>) => IteratorResult<void, A>
): Effect.Effect<A> =>
  Effect.suspend(() => {
    enterSteps()
    let step = first.call(steps)
    while (!step.done) {
      if (step.value !== undefined) throw notSteps()
      if (pauses()) return giveWay(() => run(steps, pauses, steps.next))
      step = steps.next()
    }
    return Effect.succeed(step.value)
  })

/** Runs the pending `finally` blocks; does nothing if the generator has ended by itself. */
const close = <A>(steps: Steps<A>, pauses: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(run(steps, pauses, steps.return as unknown as (this: Steps<A>) => IteratorResult<void, A>))

const notSteps = (): TypeError =>
  new TypeError(
    "Pure.gen: the generator yielded a value. A bare `yield` is a yield point; effects belong in Effect.gen"
  )
