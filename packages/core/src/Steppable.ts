/**
 * The runtime of the yield-point compiler: compiled code imports it, by its path `@giveway/core/Steppable`. No user writes
 * such code by hand (`Pure.fn` is the way in), so the index does not export it. The calling convention is in
 * `internal/steppable/README.md`.
 *
 * Compiled code and this module MUST be of the same version.
 */

export type {
  /**
   * A suspended call, which can be resumed.
   *
   * @category suspension
   * @since 0.1.0
   */
  Frame
} from "./internal/steppable/suspension.ts"

export {
  /**
   * The error that tells a resumed frame to leave its function and to run its pending `finally` blocks.
   *
   * @category suspension
   * @since 0.1.0
   */
  ABANDONED,
  /**
   * Leaves a frame of the function that suspends. Returns {@link SUSPENDED}, which the function returns then.
   *
   * @category suspension
   * @since 0.1.0
   */
  save,
  /**
   * Runs a function in generator form to its end or to its first suspension.
   *
   * @category suspension
   * @since 0.1.0
   */
  start,
  /**
   * The value that a steppable function returns when it gave way.
   *
   * @category suspension
   * @since 0.1.0
   */
  SUSPENDED
} from "./internal/steppable/suspension.ts"

export {
  /**
   * One call of a steppable function by the runtime, from its beginning to its end.
   *
   * @category driver
   * @since 0.1.0
   */
  Activation
} from "./internal/steppable/activation.ts"

export type {
  /**
   * The longest slice and the last budget of one activation.
   *
   * @category driver
   * @since 0.1.0
   */
  Pace,
  /**
   * Decides when an activation gives way, and how long its next budget is.
   *
   * @category driver
   * @since 0.1.0
   */
  Policy
} from "./internal/steppable/slices/budget.ts"

export {
  /**
   * Work left until the clock is read, in one cell that compiled code counts down.
   *
   * @category driver
   * @since 0.1.0
   */
  budget,
  /**
   * A policy that reads the clock every 100 µs, and gives way when the function it is given says so.
   *
   * @category driver
   * @since 0.1.0
   */
  clockPolicy
} from "./internal/steppable/slices/budget.ts"

export {
  /**
   * The effect that a loop of `Effect.gen` yields when {@link isSliceOver} said `true`.
   *
   * @category effect loops
   * @since 0.1.0
   */
  giveWay,
  /**
   * Whether the fiber of a loop in `Effect.gen` should give way.
   *
   * @category effect loops
   * @since 0.1.0
   */
  isSliceOver
} from "./internal/steppable/slices/effectLoops.ts"

export type {
  /**
   * The steppable form of a function.
   *
   * @category twins
   * @since 0.1.0
   */
  Twin
} from "./internal/steppable/twins.ts"

export {
  /**
   * Says that `twin` is the steppable form of a function.
   *
   * @category twins
   * @since 0.1.0
   */
  attach,
  /**
   * Says that `twin` is the form of a task's handler that jobs run.
   *
   * @category twins
   * @since 0.1.0
   */
  attachJob,
  /**
   * Says why a marked function has no steppable form.
   *
   * @category twins
   * @since 0.1.0
   */
  leave,
  /**
   * The steppable form of a function, if it was compiled.
   *
   * @category twins
   * @since 0.1.0
   */
  twinOf
} from "./internal/steppable/twins.ts"

export type {
  /**
   * An import that compiled code calls, with its steppable form.
   *
   * @category calls
   * @since 0.1.0
   */
  Link,
  /**
   * The steppable form of a method: takes `this` as its first parameter.
   *
   * @category calls
   * @since 0.1.0
   */
  MethodTwin,
  /**
   * The last four functions that a call site met.
   *
   * @category calls
   * @since 0.1.0
   */
  Site
} from "./internal/steppable/callSites.ts"

export {
  /**
   * Says which steppable forms the methods of a class have.
   *
   * @category calls
   * @since 0.1.0
   */
  attachMethods,
  /**
   * Finds the steppable form of a method that a call site has not met first.
   *
   * @category calls
   * @since 0.1.0
   */
  dispatch,
  /**
   * Finds the steppable form of an import, and keeps it.
   *
   * @category calls
   * @since 0.1.0
   */
  link,
  /**
   * The method that an object has under a name.
   *
   * @category calls
   * @since 0.1.0
   */
  methodOf,
  /**
   * A native function, callable in the form of a method's twin.
   *
   * @category calls
   * @since 0.1.0
   */
  native,
  /**
   * A function that throws the `TypeError` for a callee that is no function.
   *
   * @category calls
   * @since 0.1.0
   */
  notCallable,
  /**
   * The cache of a call site that has met no function yet.
   *
   * @category calls
   * @since 0.1.0
   */
  site
} from "./internal/steppable/callSites.ts"

export type {
  /**
   * The cache of a call site that may call a method of arrays.
   *
   * @category calls
   * @since 0.1.0
   */
  ArraySite
} from "./internal/steppable/arrays/arrayTwins.ts"

export {
  /**
   * The cache of a call site that may call a method of arrays.
   *
   * @category calls
   * @since 0.1.0
   */
  arraySite,
  /**
   * As {@link dispatch}, for such a site.
   *
   * @category calls
   * @since 0.1.0
   */
  dispatchArray
} from "./internal/steppable/arrays/arrayTwins.ts"

export type {
  /**
   * The loop of an array method, over a range of its elements.
   *
   * @category calls
   * @since 0.1.0
   */
  Kernel
} from "./internal/steppable/arrays/arrayWalk.ts"

export {
  /**
   * `apply(f, self, args)`, whatever the program did to `Reflect.apply`.
   *
   * @category calls
   * @since 0.1.0
   */
  apply,
  /**
   * `bind(f, self)`, whatever the program did to `Function.prototype.bind`.
   *
   * @category calls
   * @since 0.1.0
   */
  bind,
  /**
   * `call(f, self, ...args)`, whatever the program did to `Function.prototype.call`.
   *
   * @category calls
   * @since 0.1.0
   */
  call
} from "./internal/steppable/intrinsics.ts"

export {
  /**
   * A `for-of` loop over an iterable that is not read by index.
   *
   * @category iteration
   * @since 0.1.0
   */
  Cursor,
  /**
   * Checks a typed array at the end of a loop that reads it by index.
   *
   * @category iteration
   * @since 0.1.0
   */
  ended,
  /**
   * `Symbol.iterator`
   *
   * @category iteration
   * @since 0.1.0
   */
  iterator,
  /**
   * Begins a `for-of` loop.
   *
   * @category iteration
   * @since 0.1.0
   */
  open
} from "./internal/steppable/iteration.ts"

export {
  /**
   * An extracted module says which work it holds.
   *
   * @category work
   * @since 0.1.0
   */
  define,
  /**
   * Stands for work that went to a module of its own.
   *
   * @category work
   * @since 0.1.0
   */
  extracted,
  /**
   * Stands for work that could not be extracted, with the reason.
   *
   * @category work
   * @since 0.1.0
   */
  refused,
  /**
   * Marks the work of an extracted module, so that the compiler gives it yield points.
   *
   * @category work
   * @since 0.1.0
   */
  work,
  /**
   * The URL of an extracted module, for bundlers that know such URLs only by the worker they are for.
   *
   * @category work
   * @since 0.1.0
   */
  WorkerUrl
} from "./internal/steppable/inlineWork.ts"

export {
  /**
   * Says in which module, and under which key, a worker finds a `Pure.fn` function.
   *
   * @category work
   * @since 0.1.0
   */
  place
} from "./internal/steppable/pureFunctions.ts"
