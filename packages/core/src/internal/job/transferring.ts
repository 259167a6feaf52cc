/**
 * The values that move to the other thread instead of being copied. Schemas made with Effect's `Transferable` name them
 * when they encode.
 *
 * The encoding of any other schema is an `Exit`, so a task without such a schema never comes this way, and pays nothing.
 *
 * **Invariant**: a list names each value once, as a transfer list must, and no memory that threads share.
 *
 * Rejected: to look into the schema for the values that move (a schema does not show them; a value of a union may hold one
 * or not).
 *
 * Decision 0054.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as Transfer from "effect/workers/Transferable"

/** Each value once. */
export type Moving = Set<Transferable>

/** Encodes, and notes in `moving` the values that are to move. */
export const into = (
  moving: Moving,
  encoding: Effect.Effect<unknown, Schema.SchemaError>
): Effect.Effect<unknown, Schema.SchemaError> => {
  if (Exit.isExit(encoding)) return encoding
  return Effect.suspend(() => {
    const collector = Transfer.makeCollectorUnsafe()
    return Effect.map(Effect.provideService(encoding, Transfer.Collector, collector), (encoded) => {
      for (const item of collector.readUnsafe()) if (!isMemoryOfAll(item)) moving.add(item)
      return encoded
    })
  })
}

/** Threads share it anyway, and a transfer list refuses it. */
const isMemoryOfAll = (item: unknown): boolean =>
  typeof SharedArrayBuffer !== "undefined" && item instanceof SharedArrayBuffer

/** A message with the list of the values that move with it, if there are any. */
export const listed = <M extends object>(
  message: M,
  moving: Moving
): M & { readonly transfer?: ReadonlyArray<Transferable> } =>
  moving.size === 0 ? message : { ...message, transfer: Array.from(moving) }

/** The options of a structured clone; `undefined` for a message that only copies. */
export const optionsOf = (transfer: ReadonlyArray<Transferable> | undefined): StructuredSerializeOptions | undefined =>
  transfer === undefined ? undefined : { transfer: Array.from(transfer) }
