/**
 * A task as both threads know it: its types, and how a definition becomes a value of these types.
 *
 * Users find the types in `Task`. They stand apart because the rooms `job`, `caller` and `worker` need them, and `Task`
 * needs the room `job`.
 */
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"

const TypeId = "~@giveway/core/Task"
const StreamTypeId = "~@giveway/core/Task/stream"

/**
 * A schema that needs no services to encode or decode: both happen on either thread, without a caller's context.
 *
 * @category schemas
 * @since 0.1.0
 */
export type PlainCodec = Schema.ConstraintCodec<unknown, unknown, never, never>

/**
 * The description of a task of either kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition {
  /** the module that defines it, as `import.meta.url` gave it */
  readonly moduleUrl: string
  /** unique in its module */
  readonly name: string
  readonly payload: PlainCodec
  /** the schema of its result, or of each of its elements */
  readonly success: PlainCodec
  readonly error: PlainCodec
  /** the services its handler needs, built once per worker */
  readonly layer: Layer.Layer<any, unknown> | undefined
  /** returns a value or an `Effect`; the handler of a {@link StreamTask} returns a `Stream` or an iterable */
  readonly handler: (payload: any) => unknown
}

/**
 * A task that takes a `Payload`, succeeds with a `Success` and fails with a `Failure`. Make one with `Task.make`, run it
 * with `Compute.run`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Task<in Payload, out Success, out Failure = never> extends Definition {
  readonly [TypeId]: {
    readonly payload: (_: Payload) => void
    readonly success: () => Success
    readonly failure: () => Failure
  }
}

/**
 * A task that emits any number of `Element`s. Make one with `Task.stream`, run it with `Compute.stream`.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamTask<in Payload, out Element, out Failure = never> extends Definition {
  readonly [StreamTypeId]: {
    readonly payload: (_: Payload) => void
    readonly element: () => Element
    readonly failure: () => Failure
  }
}

/**
 * Any task with one result.
 *
 * @category models
 * @since 0.1.0
 */
export type Any = Task<never, unknown, unknown>

const variance = {
  payload: (_: unknown) => undefined,
  success: (): any => undefined,
  element: (): any => undefined,
  failure: (): any => undefined
}

export const isTask = (u: unknown): u is Any => typeof u === "object" && u !== null && TypeId in u

export const isStreamTask = (u: unknown): u is StreamTask<never, unknown, unknown> =>
  typeof u === "object" && u !== null && StreamTypeId in u

/** A task of either kind. */
export const isDefinition = (u: unknown): u is Definition => isTask(u) || isStreamTask(u)

/** A task with one result. Nothing finds it by its name: that takes `taskRegistry.register`. */
export const task = <P, A, E>(definition: Definition): Task<P, A, E> => ({ ...definition, [TypeId]: variance })

/** The same for a task that emits. */
export const streamTask = <P, A, E>(definition: Definition): StreamTask<P, A, E> => ({
  ...definition,
  [StreamTypeId]: variance
})
