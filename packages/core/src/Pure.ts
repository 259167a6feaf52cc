/**
 * Long synchronous computations that run in slices: marked by hand, stepped by the fiber that runs them.
 *
 * JavaScript cannot be interrupted between two statements, so code that computes for long must say where it can. A
 * generator does: each bare `yield` is a yield point. The fiber runs the generator until its slice is over, gives way
 * with `Effect.yieldNow`, and goes on where it was.
 *
 * **Invariants.** At least one step is done between two pauses, so a stepped computation always ends if the plain one
 * does. Whatever ends a computation early closes its generator, so `finally` blocks run, in slices too.
 *
 * Rejected: an operation per step (60 ns and more for each, against 15); a promise per slice (no interruption, and
 * microtasks starve timers).
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as YieldPoint from "./YieldPoint.ts"

/** A computation in steps: each bare `yield` is a yield point, and it returns its result. */
export type Steps<A> = Generator<void, A, void>

/**
 * Runs a computation in slices.
 *
 * `body` is called at each run of the effect. It yields nothing, ever: write a bare `yield` where it may pause. An
 * error it throws is a defect, as in `Effect.sync`. The fiber can be interrupted wherever the generator pauses; then
 * the generator is closed, and its `finally` blocks run before the fiber ends. In a compute job a cancellation is
 * obeyed at the next `yield`.
 *
 * **When to use**: for pure computations of 1 ms to some 100 ms that should stay on this thread, because their data is
 * large or not cloneable. Longer ones belong in `Compute.run`. Yield stands best after some work: every microsecond is
 * plenty, every millisecond is enough.
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
 */
export const gen = <A>(body: () => Steps<A>): Effect.Effect<A> => stepped(body, YieldPoint.shouldYield)

/**
 * Calls a synchronous `f` with each item, in slices, and collects what it returns. Each item is a yield point.
 *
 * The order is that of the items. An error that `f` or the iterable throws is a defect. The iterable is closed (its
 * iterator's `return` is called) if `f` throws or the fiber is interrupted.
 *
 * **When to use**: for many calls of something that takes well below a millisecond. For effects use
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
  ): Effect.Effect<Array<B> | void> =>
    stepped(function* () {
      const results: Array<B> | undefined = options?.discard === true ? undefined : []
      let index = 0
      for (const item of items) {
        const result = f(item, index++)
        if (results !== undefined) results.push(result)
        if (YieldPoint.shouldYield()) yield
      }
      return results
    }, always)
)

/** The generator has asked by itself before it yielded. */
const always = () => true

const stepped = <A>(body: () => Steps<A>, pauses: () => boolean): Effect.Effect<A> =>
  Effect.suspend(() => {
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
    YieldPoint.enterSteps()
    let step = first.call(steps)
    while (!step.done) {
      if (step.value !== undefined) throw notSteps()
      if (pauses()) return Effect.flatMap(Effect.yieldNow, () => run(steps, pauses, steps.next))
      step = steps.next()
    }
    return Effect.succeed(step.value)
  })

/** Runs what `finally` blocks remain; nothing if the generator has ended by itself. */
const close = <A>(steps: Steps<A>, pauses: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(run(steps, pauses, steps.return as unknown as (this: Steps<A>) => IteratorResult<void, A>))

const notSteps = (): TypeError =>
  new TypeError(
    "Pure.gen: the generator yielded a value. A bare `yield` is a yield point; effects belong in Effect.gen"
  )
