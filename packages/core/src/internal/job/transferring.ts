/**
 * What moves to the other thread instead of being copied: what schemas made with Effect's `Transferable` ask for, when
 * they encode.
 *
 * Only such a schema makes an encoding that is no `Exit`; so a task without one never comes this way, and pays nothing.
 *
 * **Invariant**: a list names each thing once, as a transfer list must, and no memory that threads share.
 *
 * Rejected: to look into the schema for what moves (a schema does not show it, a value of a union may hold it or not).
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as Transfer from "effect/workers/Transferable"

/** Each thing once. */
export type Moving = Set<Transferable>

/** Encodes, and notes in `moving` what is to move. */
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

/** Threads share it anyway: in a transfer list it would be refused. */
const isMemoryOfAll = (item: unknown): boolean =>
  typeof SharedArrayBuffer !== "undefined" && item instanceof SharedArrayBuffer

/** A message with the list of what moves with it, if anything does. */
export const listed = <M extends object>(
  message: M,
  moving: Moving
): M & { readonly transfer?: ReadonlyArray<Transferable> } =>
  moving.size === 0 ? message : { ...message, transfer: Array.from(moving) }

/** What a structured clone is told; `undefined` of a message that only copies. */
export const optionsOf = (transfer: ReadonlyArray<Transferable> | undefined): StructuredSerializeOptions | undefined =>
  transfer === undefined ? undefined : { transfer: Array.from(transfer) }
