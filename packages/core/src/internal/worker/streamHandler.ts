/**
 * The worker's side of a task that emits: takes the chunks of the handler's stream, or the single elements of its
 * iterable, encodes them, and sends them through the window.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { findUncloneable } from "../job/cloneable.ts"
import type { ElementWindow } from "./elementWindow.ts"
import * as issueText from "../job/issueText.ts"
import type { Outcome } from "../job/jobMessages.ts"
import { outcomeOf } from "./jobOutcome.ts"
import * as transferring from "../job/transferring.ts"
import type { TaskCodec } from "../job/wireCodec.ts"

/** An element that cannot be sent ends the stream with this, which no failure of the task can be mistaken for. */
class Unsendable {
  readonly outcome: Outcome
  constructor(outcome: Outcome) {
    this.outcome = outcome
  }
}

/** An encoded element with values that move. It is a message of its own, also if the window had room for more. */
class Mover {
  readonly value: unknown
  readonly transfer: ReadonlyArray<Transferable>
  constructor(value: unknown, transfer: ReadonlyArray<Transferable>) {
    this.value = value
    this.transfer = transfer
  }
}

/** Runs the stream that `handled` yields to its end. */
export const run = (
  codec: TaskCodec,
  handled: Effect.Effect<unknown, unknown, Scope.Scope>,
  elements: ElementWindow
): Effect.Effect<Outcome> => {
  const encode = (element: unknown): Effect.Effect<unknown, Unsendable> => {
    const invalid = (error: Schema.SchemaError) =>
      new Unsendable({ _tag: "ResultInvalid", channel: "success", issue: issueText.of(error, element) })
    const encoding = codec.encodeSuccess(element)
    if (Exit.isExit(encoding)) return Effect.mapError(encoding, invalid)
    const moving: transferring.Moving = new Set()
    return Effect.mapBoth(transferring.into(moving, encoding), {
      onSuccess: (value) => (moving.size === 0 ? value : new Mover(value, Array.from(moving))),
      onFailure: invalid
    })
  }
  const send = (
    encoded: ReadonlyArray<unknown>,
    transfer?: ReadonlyArray<Transferable>
  ): Effect.Effect<void, Unsendable> =>
    Effect.catchDefect(elements.emit(encoded, transfer), (refusal) =>
      Effect.fail(new Unsendable({ _tag: "ResultNotCloneable", ...findUncloneable(encoded, refusal, transfer) }))
    )
  const sendOne = (element: unknown): Effect.Effect<void, Unsendable> =>
    element instanceof Mover ? send([element.value], element.transfer) : send([element])
  const emit = (encoded: ReadonlyArray<unknown>): Effect.Effect<void, Unsendable> =>
    encoded.some((element) => element instanceof Mover)
      ? Effect.forEach(encoded, sendOne, { discard: true })
      : send(encoded)
  const drained = Effect.flatMap(handled, (result) =>
    Stream.runForEachArray(streamOf(result), (chunk) => Effect.flatMap(Effect.forEach(chunk, encode), emit))
  )
  const ended: Effect.Effect<Outcome, unknown, Scope.Scope> = Effect.matchEffect(drained, {
    onSuccess: () => Effect.succeed<Outcome>({ _tag: "Success", value: undefined }),
    onFailure: (error) => (error instanceof Unsendable ? Effect.succeed(error.outcome) : Effect.fail(error))
  })
  return Effect.map(
    outcomeOf({ encodeSuccess: Effect.succeed, encodeError: codec.encodeError }, Effect.scoped(ended)),
    (outcome) => (outcome._tag === "Success" ? (outcome.value as Outcome) : outcome)
  )
}

/** A generator is asked for one element at a time, so that each is sent when it is there. */
const streamOf = (result: unknown): Stream.Stream<unknown, unknown> => {
  if (Stream.isStream(result)) return result as Stream.Stream<unknown, unknown>
  if (typeof result === "object" && result !== null && Symbol.iterator in result) {
    return Stream.fromIterable(result as Iterable<unknown>, { chunkSize: 1 })
  }
  return Stream.die(new TypeError("the handler of a Task.stream must return a Stream, or something to iterate over"))
}
