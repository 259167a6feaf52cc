/**
 * Long synchronous computations that run in slices: ordinary functions that the compiler gives yield points ({@link fn}),
 * and generators stepped by hand.
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
import * as steppable from "./internal/steppable.ts"
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

/**
 * Marks a pure function, and makes an effect of each call of it, that runs in slices.
 *
 * The effect returns what `f` returns; an error that `f` throws is a defect, as in `Effect.sync`. Compiled, `f` has a
 * yield point at the back-edge of each loop and at the entry of each recursive function below it: there its fiber gives
 * way when its slice is over, and can be interrupted; then its `finally` blocks run. Not compiled, `f` is called in one
 * go ({@link isCompiled} tells).
 *
 * `f` is pure as far as its callers can tell: it may change what it made itself, but nothing that outlives the call. The
 * compiler refuses a function that assigns a variable of its module, since two fibers would share it between slices.
 *
 * **When to use**: for an ordinary function with loops or recursion that takes a millisecond to some seconds and should
 * stay on this thread. For what can be copied to a worker and takes longer, use `Compute.run`.
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
 */
export const fn = <Args extends ReadonlyArray<any>, A>(
  name: string,
  f: (...args: Args) => A
): ((...args: Args) => Effect.Effect<A>) => {
  const run = (...args: Args): Effect.Effect<A> =>
    Effect.suspend(() => {
      const twin = steppable.twinOf(f)
      if (twin === undefined) return Effect.succeed(f(...args))
      const activation = new steppable.Activation()
      const first = activation.begin(twin, args, slicePolicy)
      if (first !== steppable.SUSPENDED) return Effect.succeed(first as A)
      return Effect.onInterrupt(goOn<A>(activation), () => Effect.sync(() => activation.abandon()))
    })
  plainForms.set(run, f)
  return Object.defineProperties(run, {
    name: { value: name, configurable: true },
    length: { value: f.length, configurable: true }
  })
}

/** The function that each `Pure.fn` was made of. */
const plainForms = new WeakMap<object, object>()

/**
 * Whether a function that {@link fn} made has yield points. `false` also for one that the compiler left native because
 * it has no long loop and no recursion.
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
 */
export const isCompiled = (pure: (...args: Array<never>) => Effect.Effect<unknown>): boolean => {
  const plain = plainForms.get(pure)
  return plain !== undefined && steppable.twinOf(plain) !== undefined
}

/** One policy for all activations of the thread: only one runs at a time, and what it learns about the clock serves all. */
const slicePolicy = steppable.clockPolicy(YieldPoint.sliceOver, YieldPoint.enterSteps)

/** After a suspension: gives way, then goes on until the next. */
const goOn = <A>(activation: steppable.Activation): Effect.Effect<A> =>
  Effect.flatMap(Effect.yieldNow, () => {
    const result = activation.step(slicePolicy)
    return result === steppable.SUSPENDED ? goOn<A>(activation) : Effect.succeed(result as A)
  })

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
