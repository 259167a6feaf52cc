/**
 * `Compute.fn` and `Compute.effect`: the calls of work that is written in place.
 *
 * How such work becomes a task, `inlineTask.ts` knows; here are the types that users meet, and the call.
 *
 * **Invariant**: a call never runs here what should run on a worker: where there are threads, work that no worker can
 * find fails with the reason.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Task } from "../job/taskDefinition.ts"
import * as callSite from "./callSite.ts"
import * as Errors from "../job/computeErrors.ts"
import type { ComputeError } from "../job/computeErrors.ts"
import type { RunOptions } from "../job/computeService.ts"
import { Compute } from "../job/computeService.ts"
import { portOf } from "./computeAdapter.ts"
import * as queuePlace from "./queuePlace.ts"
import * as inlineTask from "../job/inlineTask.ts"
import type { Kind } from "../steppable/inlineWork.ts"

/** What can end inline work ({@link fn}, {@link effect}) besides its own success and failure. */
export type InlineError = ComputeError | Errors.NotExtracted

/** A schema as a task takes it, of `A`. */
type CodecOf<A> = Schema.ConstraintCodec<A, unknown, never, never>

/** How inline work is to be run, and what crosses the thread otherwise than as plain data. Everything is optional. */
export interface InlineOptions<A, E> extends RunOptions {
  /** of a result that is or holds more than plain data, as instances of classes */
  readonly success?: CodecOf<A> | undefined
  /** the same of a failure. Instances of `Error`, as tagged errors are, need it. A plain function fails by throwing one. */
  readonly error?: CodecOf<E> | undefined
}

/** An error of a class cannot cross as plain data, so its schema is no option then. */
type OptionsFor<A, E> = [Extract<E, Error>] extends [never]
  ? [options?: InlineOptions<A, E>]
  : [options: InlineOptions<A, E> & { readonly error: CodecOf<E> }]

type NoEffect<A> = A extends Effect.Effect<any, any, any> ? never : unknown

/**
 * Makes of a function that is written in place one whose calls run as jobs on workers: parallelising a call is one word.
 *
 * The compiler moves the function into a module of its own, with all it uses of the module it stands in, so that a worker
 * can import it from anywhere: from the program's main module, too, and from one with side effects. It may use
 *
 * - its parameters, and what is imported: a worker imports the same modules;
 * - what its module declares and a worker can have by itself: functions, classes, constants that are evaluated alone
 *   (literals, objects and arrays, `new Map(…)`, calls of functions that are themselves such, descriptions of Effect) and
 *   never changed;
 * - parameters and constants of the functions around it: they are read when the effect runs, and copied to the job;
 * - constant functions in the functions around it, as far as they keep to the same.
 *
 * Anything else (a variable that changes, `this`, a class inside a function, a constant made by an unknown call) is
 * refused, with file, line, reason and fix, by the hook, the bundler's plugin and `giveway compile`; the effect then fails
 * with `NotExtracted`, and the same reason.
 *
 * What the function returns, a value or an `Effect`, is the result. Interrupting the effect cancels the job; compiled, it
 * stops at its next yield point. Logs and spans come home as those of a task.
 *
 * **When to use**: for work that belongs to one place. What is used from several, needs services, or deserves a name is a
 * `Task`.
 *
 * **Gotchas**: everything is copied: what the function changes in its arguments, nobody sees, and what it returns is no
 * longer the same object. A constant of the module that holds a random number or a time is refused, but what an imported
 * module makes of itself is made again by each worker.
 *
 * **Errors**: {@link InlineError}. What the function throws is `JobDied`, unless it is of the `error` schema. Plain data
 * needs no schema; what a copy would change is `PayloadInvalid` or `ResultInvalid` and named by its place. Not compiled,
 * or refused: `NotExtracted`. `TestCompute` runs it uncompiled, on the calling fiber, through the same copies.
 *
 * **Cost**: that of `Compute.run`, and the examination of what has no schema: hardly more for small values, for large ones
 * about what it takes to copy them.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, TestCompute } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const countPrimes = Compute.fn((below: number) => {
 *   let count = 0
 *   candidates: for (let n = 2; n < below; n++) {
 *     for (let i = 2; i * i <= n; i++) if (n % i === 0) continue candidates
 *     count++
 *   }
 *   return count
 * })
 *
 * const program = Effect.all([countPrimes(100), countPrimes(1000)], { concurrency: "unbounded" })
 * console.log(await Effect.runPromise(program.pipe(Effect.provide(TestCompute.layer)))) // [ 25, 168 ]
 * ```
 */
export const fn: {
  <Args extends ReadonlyArray<any>, A, E>(
    f: (...args: Args) => Effect.Effect<A, E, Scope.Scope>,
    ...options: OptionsFor<A, E>
  ): (...args: Args) => Effect.Effect<A, E | InlineError, Compute>
  <Args extends ReadonlyArray<any>, A, E = never>(
    f: (...args: Args) => A & NoEffect<A>,
    options?: InlineOptions<A, E>
  ): (...args: Args) => Effect.Effect<A, E | InlineError, Compute>
} = (f: (...args: Array<any>) => unknown, options?: InlineOptions<any, any>) => inline<any, any>("fn", f, options)

/**
 * An effect that is written in place and runs as a job on a worker.
 *
 * It is {@link fn} for an effect: what it may use, how it ends and what it costs is said there. The expression is
 * evaluated on the worker, for each run anew. The effect needs no services, but for a `Scope`, which closes with the job:
 * provide what it needs inside.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * class Unsorted extends Schema.TaggedError<Unsorted>()("Unsorted", { index: Schema.Number }) {}
 *
 * const check = (numbers: ReadonlyArray<number>) =>
 *   Compute.effect(
 *     Effect.gen(function* () {
 *       for (let i = 1; i < numbers.length; i++) {
 *         if (numbers[i]! < numbers[i - 1]!) return yield* new Unsorted({ index: i })
 *       }
 *       return numbers.length
 *     }),
 *     { error: Unsorted }
 *   )
 *
 * const program = check([1, 3, 2]).pipe(Effect.catchTag("Unsorted", ({ index }) => Effect.succeed(-index)))
 * console.log(await Effect.runPromise(program.pipe(Effect.provide(TestCompute.layer)))) // -2
 * ```
 */
export const effect = <A, E>(
  effect: Effect.Effect<A, E, Scope.Scope>,
  ...[options]: OptionsFor<A, E>
): Effect.Effect<A, E | InlineError, Compute> => inline<A, E>("effect", effect, options)()

/** Both are a task that is found otherwise. */
const inline = <A, E>(
  kind: Kind,
  work: object,
  options: InlineOptions<A, E> | undefined
): ((...args: Array<unknown>) => Effect.Effect<A, E | InlineError, Compute>) => {
  const { payload, task } = inlineTask.make(kind, work, options ?? {})
  const typed = task as Task<unknown, A, E>
  return (...args) => {
    const site = callSite.capture()
    const job = Effect.withFiber((fiber): Effect.Effect<A, E | InlineError> =>
      portOf(Context.getUnsafe(fiber.context, Compute)).run(typed, payload(args), site, options)
    )
    return options === undefined ? job : queuePlace.provide(job, options)
  }
}
