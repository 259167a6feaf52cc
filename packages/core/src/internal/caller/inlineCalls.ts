/**
 * `Compute.fn` and `Compute.effect`: the calls of work that is written in place.
 *
 * `inlineTask.ts` makes a task of such work. This file has the types that users meet, and the call.
 *
 * **Invariant**: where there are threads, a call never runs its work on the calling thread. Work that no worker can find
 * fails with the reason (`jobCaller.ts`).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { InvalidOption } from "../../InvalidOption.ts"
import type { Task } from "../job/taskDefinition.ts"
import * as callSite from "./callSite.ts"
import * as Errors from "../job/computeErrors.ts"
import type { ComputeError } from "../job/computeErrors.ts"
import type { RunOptions } from "../job/computeService.ts"
import { Compute } from "../job/computeService.ts"
import { portOf } from "./computeAdapter.ts"
import { names } from "../options/fields.ts"
import * as standing from "./standing.ts"
import * as inlineTask from "../job/inlineTask.ts"
import type { Kind } from "../steppable/inlineWork.ts"

/**
 * Every error that can end inline work ({@link fn}, {@link effect}) besides its own failure.
 *
 * @category errors
 * @since 0.1.0
 */
export type InlineError = ComputeError | Errors.NotExtracted

/** A schema as a task takes it, of `A`. */
type CodecOf<A> = Schema.ConstraintCodec<A, unknown, never, never>

/**
 * The options of inline work: those of a job, and schemas for values that are no plain data.
 *
 * @category models
 * @since 0.1.0
 */
export interface InlineOptions<A, E> extends RunOptions {
  /** the schema of a result that is or holds more than plain data, as instances of classes */
  readonly success?: CodecOf<A> | undefined
  /** the schema of a failure. Instances of `Error`, as tagged errors, need one. A plain function fails by throwing. */
  readonly error?: CodecOf<E> | undefined
}

/** An error of a class cannot cross as plain data: then the schema is required. */
type OptionsFor<A, E> = [Extract<E, Error>] extends [never]
  ? [options?: InlineOptions<A, E>]
  : [options: InlineOptions<A, E> & { readonly error: CodecOf<E> }]

type NoEffect<A> = A extends Effect.Effect<any, any, any> ? never : unknown

/**
 * Takes a function that is written in place, and returns one whose calls run as jobs on workers.
 *
 * The compiler moves the function into a module of its own, with all it uses of the module around it. So a worker can import
 * it from anywhere, also from the program's main module and from a module with side effects. The function may use
 *
 * - its parameters, and imports: a worker imports the same modules;
 * - declarations of its module that a worker can evaluate by itself: functions, classes, and constants that never change
 *   and that are made of literals, objects and arrays, `new Map(…)`, descriptions of Effect, and calls of functions that
 *   keep to these rules;
 * - parameters and constants of the functions around it: they are read when the effect runs, and copied to the job;
 * - constant functions in the functions around it, if they keep to these rules.
 *
 * The hook, the bundler's plugin and `giveway compile` refuse anything else (a variable that changes, `this`, a class inside
 * a function, a constant made by an unknown call), with file, line, reason and fix. The effect then fails with
 * `NotExtracted`, and the same reason.
 *
 * The result is the value that the function returns, or that of the `Effect` that it returns. Interrupting the effect
 * cancels the job; compiled, it stops at its next yield point. Logs and spans come out as those of a task.
 *
 * **When to use**: for work that belongs to one place. Work that is used in several places, needs services, or deserves a
 * name is a `Task`.
 *
 * **Gotchas**: values are copied. The caller does not see a change that the function makes in its arguments, and gets a copy
 * of the object that the function returned. A constant of the module that holds a random number or a time is refused; but
 * each worker imports modules anew, and evaluates such constants of imported modules again.
 *
 * **Errors**: {@link InlineError}. A thrown value is `JobDied`, unless it matches the `error` schema. Plain data needs no
 * schema. A value that a copy would change is `PayloadInvalid` or `ResultInvalid`, with the path to it. A function that was
 * not compiled, or was refused, is `NotExtracted`. `TestCompute` runs it uncompiled, on the calling fiber, through the same
 * copies.
 *
 * **Cost**: that of `Compute.run`, and the examination of values that have no schema: hardly more for small values, about
 * as much as the copy for large ones.
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
 *
 * @category inline work
 * @since 0.1.0
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
 * It is {@link fn} for an effect, with the same rules, errors and cost. The worker evaluates the expression anew for each
 * run. The effect may need a `Scope`, which closes with the job, and no other service: provide services inside.
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
 *
 * @category inline work
 * @since 0.1.0
 */
export const effect = <A, E>(
  effect: Effect.Effect<A, E, Scope.Scope>,
  ...[options]: OptionsFor<A, E>
): Effect.Effect<A, E | InlineError, Compute> => inline<A, E>("effect", effect, options)()

const inlineOptions = { key: true, priority: true, timeout: true, success: true, error: true } as const

const fnNames = names<InlineOptions<unknown, unknown>>("Compute.fn", inlineOptions)

const effectNames = names<InlineOptions<unknown, unknown>>("Compute.effect", inlineOptions)

/** The refusal of work of another kind. */
const unlessWork = (kind: Kind, work: unknown): InvalidOption | undefined => {
  const [option, expected, isRight] =
    kind === "fn"
      ? ["f", "a function; for an effect there is Compute.effect", typeof work === "function"]
      : ["effect", "an effect; for a function there is Compute.fn", Effect.isEffect(work)]
  return isRight ? undefined : new InvalidOption({ of: `Compute.${kind}`, option, value: work, expected })
}

/** Both are a task that is found otherwise. */
const inline = <A, E>(
  kind: Kind,
  work: object,
  options: InlineOptions<A, E> | undefined
): ((...args: Array<unknown>) => Effect.Effect<A, E | InlineError, Compute>) => {
  const refused = unlessWork(kind, work) ?? (kind === "fn" ? fnNames : effectNames)(options)
  if (refused !== undefined) return () => Effect.die(refused)
  const { payload, task } = inlineTask.make(kind, work, options ?? {})
  const typed = task as Task<unknown, A, E>
  return (...args) => {
    const site = callSite.capture()
    const job = Effect.withFiber((fiber): Effect.Effect<A, E | InlineError> =>
      portOf(Context.getUnsafe(fiber.context, Compute)).run(typed, payload(args), site, options)
    )
    return options === undefined ? job : standing.provide(job, options)
  }
}
