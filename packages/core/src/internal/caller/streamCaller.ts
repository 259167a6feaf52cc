/**
 * A job that emits, as a stream of its caller. Elements wait in a buffer until they are pulled; for each that is pulled the
 * job may send another.
 *
 * **Invariant**: the job lives within the stream's scope; when the scope is closed it is gone. All elements that it emitted
 * come before its end.
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { ComputeError } from "../job/computeErrors.ts"
import type { StreamOptions } from "../job/computeService.ts"
import type { StreamTask } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"
import type { ComputePort } from "./computePort.ts"
import * as Errors from "../job/computeErrors.ts"
import * as issueText from "../job/issueText.ts"
import type { ElementSink, Exchange } from "./jobCaller.ts"
import { refusable, within } from "./jobCaller.ts"
import * as jobContext from "../job/jobContext.ts"
import * as jobEnding from "./jobEnding.ts"
import type { Ending } from "../job/jobMessages.ts"
import { or, orDie, wholeNumber } from "../options/reader.ts"
import * as standing from "./standing.ts"
import * as transferring from "../job/transferring.ts"
import * as wireCodec from "../job/wireCodec.ts"

/** A guess: enough that a job whose elements take 10 µs each does not wait for its grants. */
const defaultWindow = 64

const readWindow = or(wholeNumber(1), defaultWindow)

class Arrivals implements ElementSink {
  ending: Ending | undefined
  private arrived: Array<unknown> = []
  private taken = 0
  private wake: (() => void) | undefined
  private grant: ((elements: number) => void) | undefined
  private readonly window: number

  constructor(window: number) {
    this.window = window
  }

  begun(grant: (elements: number) => void): void {
    this.grant = grant
  }

  received(elements: ReadonlyArray<unknown>): void {
    for (const element of elements) this.arrived.push(element)
    this.wake?.()
  }

  end(ending: Ending): void {
    this.ending = ending
    this.wake?.()
  }

  /** All elements that have arrived. A grant is for half a window at least, so that it is a message for many elements. */
  takeAll(): Array<unknown> {
    const elements = this.arrived
    this.arrived = []
    this.taken += elements.length
    if (this.ending === undefined && this.taken * 2 >= this.window) {
      this.grant?.(this.taken)
      this.taken = 0
    }
    return elements
  }

  /** Waits until something arrives, or the job ends. */
  readonly news: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.arrived.length > 0 || this.ending !== undefined) {
      resume(Effect.void)
      return
    }
    this.wake = () => {
      this.wake = undefined
      resume(Effect.void)
    }
  })
}

export const make =
  (exchange: Exchange): ComputePort["stream"] =>
  <P, A, E>(
    task: StreamTask<P, A, E>,
    payload: P,
    site: CallSite,
    options: StreamOptions | undefined
  ): Stream.Stream<A, E | ComputeError> =>
    Stream.unwrap(
      standing.provide(
        Effect.withFiber((fiber) =>
          Effect.gen(function* () {
            const codec = wireCodec.of(task)
            const window = yield* orDie(readWindow(options?.window, "Compute.stream", "window"), Effect.succeed)
            const moving: transferring.Moving = new Set()
            const encoded = yield* Effect.catch(transferring.into(moving, codec.encodePayload(payload)), (error) =>
              jobEnding.fail(new Errors.PayloadInvalid({ task: task.name, issue: issueText.of(error, payload) }), site)
            )
            const arrivals = new Arrivals(window)
            const { moduleUrl, name } = task
            const copied = { moduleUrl, name, window, payload: encoded, context: jobContext.capture(fiber) }
            const request = refusable(task, transferring.listed(copied, moving))
            const exchanged = within(options?.timeout, exchange(request, fiber, Effect.succeed, arrivals))
            yield* Effect.forkScoped(
              Effect.map(exchanged, (ending) => arrivals.end(ending)),
              { startImmediately: true }
            )
            return Stream.fromPull(Effect.succeed(pull<A, E>(task, codec, arrivals, site)))
          })
        ),
        options
      )
    )

const pull = <A, E>(
  task: StreamTask<never, A, E>,
  codec: wireCodec.TaskCodec,
  arrivals: Arrivals,
  site: CallSite
): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E | ComputeError> => {
  const decode = (element: unknown) => jobEnding.decodeSuccess<A>(task, codec, element, site)
  const next: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E | ComputeError> = Effect.suspend(() => {
    const elements = arrivals.takeAll()
    if (elements.length > 0) {
      return Effect.forEach(elements, decode) as unknown as Effect.Effect<Arr.NonEmptyReadonlyArray<A>, ComputeError>
    }
    const { ending } = arrivals
    if (ending === undefined) return Effect.flatMap(arrivals.news, () => next)
    if (ending._tag === "Success") return Cause.done()
    if (ending._tag === "Batch") {
      return Effect.die(new Error(`a worker answered a stream of task "${task.name}" with a batch`))
    }
    return jobEnding.failWith<E>(task, codec, ending, site)
  })
  return next
}
