/**
 * The worker's side of a task that emits: takes the chunks of the handler's stream, or the single elements of its
 * iterable, encodes them, and sends them through the window.
 *
 * An iterable is plain code that runs on while elements are taken. So what it throws then is treated as what a plain handler
 * throws: a value that matches the task's `error` schema is the task's failure. If its elements are not wanted any more, it is
 * closed, as by a `for-of` that is left.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { findUncloneable } from "../job/cloneable.ts"
import * as handlerCall from "../job/handlerCall.ts"
import type { Definition } from "../job/taskDefinition.ts"
import * as jobElements from "../steppable/jobElements.ts"
import { giveWay } from "../steppable/slices/sliceClock.ts"
import { SUSPENDED } from "../steppable/suspension.ts"
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

/** Calls the handler of `task`, and runs the stream or the iterable that it returns to its end. */
export const run = (
  task: Definition,
  codec: TaskCodec,
  payload: unknown,
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
  /** A generator is asked for one element at a time, so that each is sent when it is there. */
  const emitEach = (source: Source) => forEach(task, source, (element) => Effect.flatMap(encode(element), sendOne))
  const twin = jobElements.twinOf(task.handler)
  const drained: Effect.Effect<void, unknown, Scope.Scope> =
    twin === undefined
      ? Effect.flatMap(handlerCall.call(task, task.handler, [payload]), (result) => {
          if (Stream.isStream(result)) {
            return Stream.runForEachArray(result as Stream.Stream<unknown, unknown>, (chunk) =>
              Effect.flatMap(Effect.forEach(chunk, encode), emit)
            )
          }
          return isIterable(result) ? emitEach(new Iteration(result)) : Effect.die(notIterable())
        })
      : Effect.suspend(() => emitEach(new jobElements.Elements(twin, [payload])))
  const ended: Effect.Effect<Outcome, unknown, Scope.Scope> = Effect.matchEffect(drained, {
    onSuccess: () => Effect.succeed<Outcome>({ _tag: "Success", value: undefined }),
    onFailure: (error) => (error instanceof Unsendable ? Effect.succeed(error.outcome) : Effect.fail(error))
  })
  return Effect.map(
    outcomeOf({ encodeSuccess: Effect.succeed, encodeError: codec.encodeError }, Effect.scoped(ended)),
    (outcome) => (outcome._tag === "Success" ? (outcome.value as Outcome) : outcome)
  )
}

// --- iterables --------------------------------------------------------------------------------------------------------

/** Where elements come from, one after the other. */
interface Source {
  /** the next element, `ended`, or `SUSPENDED` if the job was cancelled; throws as the code of the task does */
  readonly next: () => unknown
  /** there was no `ended`, and no more elements are wanted */
  readonly close: () => void
}

/** Plain code, which cannot give way between two elements. */
class Iteration implements Source {
  private readonly iterable: Iterable<unknown>
  private iterator: Iterator<unknown> | undefined
  constructor(iterable: Iterable<unknown>) {
    this.iterable = iterable
  }
  next(): unknown {
    this.iterator ??= this.iterable[Symbol.iterator]()
    const step = this.iterator.next()
    return step.done === true ? jobElements.ended : step.value
  }
  close(): void {
    this.iterator?.return?.()
  }
}

/** Runs `body` for each element. What the source throws is the failure that its author meant, or a defect. */
const forEach = <E>(
  task: Definition,
  source: Source,
  body: (element: unknown) => Effect.Effect<void, E>
): Effect.Effect<void, unknown> => {
  let isOver = false
  const next: Effect.Effect<void, unknown> = Effect.suspend(() => {
    let element: unknown
    try {
      element = source.next()
    } catch (error) {
      isOver = true
      return handlerCall.thrown(task, error)
    }
    if (element === SUSPENDED) return giveWay(() => next)
    if (element !== jobElements.ended) return body(element)
    isOver = true
    return Effect.void
  })
  const all = Effect.whileLoop({ while: () => !isOver, body: () => next, step: () => {} })
  return Effect.onExit(all, () => (isOver ? Effect.void : Effect.sync(() => source.close())))
}

const isIterable = (result: unknown): result is Iterable<unknown> =>
  typeof result === "object" && result !== null && Symbol.iterator in result

const notIterable = (): TypeError =>
  new TypeError("the handler of a Task.stream must return a Stream, or something to iterate over")
