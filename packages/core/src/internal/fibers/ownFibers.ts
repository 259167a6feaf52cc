/**
 * Marks the fibers that Giveway forks for itself. The mark is the outermost frame of `Effect.fn` in the fiber's context: so it
 * is the fiber's name, its children inherit it, and no slice pays for it.
 *
 * Rejected: a note on each fiber (its children would have none); a span (the program's tracer would export it).
 *
 * Decision 0102.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { nameFor } from "../stalls/ownNames.ts"

/** On the frames of Giveway's own fibers. A key that two copies of this package share. */
const own: unique symbol = Symbol.for("~giveway/own")

const frameOf = (part: string): References.StackFrame =>
  Object.assign({ name: nameFor(part), stack: () => undefined, parent: undefined }, { [own]: true })

/** Runs `effect` as Giveway's own work, outside of the program's spans. */
export const as =
  (part: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const frame = frameOf(part)
    return Effect.updateContext(
      effect,
      <S>(context: Context.Context<S>): Context.Context<S> =>
        Context.add(Context.omit(Tracer.ParentSpan)(context), References.CurrentStackFrame, frame) as Context.Context<S>
    )
  }

/** The fibers that `layer` forks are Giveway's own. */
export const layerAs =
  (part: string) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
    Layer.provide(layer, Layer.succeed(References.CurrentStackFrame)(frameOf(part)))

/** Whether a fiber does work of Giveway's own, whatever span or `Effect.fn` it is in. */
export const isOwn = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  for (let frame = fiber.cache.stackFrame; frame !== undefined; frame = frame.parent) if (own in frame) return true
  return false
}
