/**
 * The caller's side of a job, the same for every platform: encode, submit, wait, decode, and turn every other ending
 * into its typed error.
 *
 * **Invariant**: the effect completes, by interruption too, only after the runner has settled the job.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Schema from "effect/Schema"
import type { Compute, ComputeError, RunOptions } from "../Compute.ts"
import { InvalidOption } from "../InvalidOption.ts"
import type { Any, Task } from "../Task.ts"
import type { CallSite } from "./callSite.ts"
import * as callSite from "./callSite.ts"
import * as Errors from "./computeErrors.ts"
import * as issueText from "./issueText.ts"
import * as jobContext from "./jobContext.ts"
import type { Ending, JobListener, JobRequest, JobRunner } from "./jobMessages.ts"
import type { Signal } from "./telemetry.ts"
import * as telemetry from "./telemetry.ts"
import { unpack } from "./transport.ts"
import * as wireCodec from "./wireCodec.ts"

/**
 * Hands a request over, waits for its ending, and goes on with what `receive` makes of it; `fiber` is the caller's.
 * Interrupting it waits until the job is gone.
 */
export type Exchange = <A, E>(
  request: JobRequest,
  fiber: Fiber.Fiber<unknown, unknown>,
  receive: (ending: Ending) => Effect.Effect<A, E>
) => Effect.Effect<A, E>

/** The exchange over a runner that reports by callback. */
export const exchangeOver =
  (runner: JobRunner): Exchange =>
  (request, fiber, receive) =>
    Effect.callback((resume) => {
      const call = new Call(fiber, receive, resume)
      const job = runner.submit(request, call)
      return Effect.callback<void>((gone) => {
        // A resumed fiber may give way before it goes on, and be interrupted then: nobody would settle the job again.
        if (call.over) {
          gone(Effect.void)
          return
        }
        call.interrupted = gone
        runner.cancel(job)
      })
    })

/**
 * One caller that waits.
 *
 * Its own loggers and tracer are called from the runner's callbacks, outside of any fiber. What they throw would end the
 * process there; it ends the caller's fiber instead, once the job is over, as it does where a fiber logs itself.
 */
class Call<A, E> implements JobListener {
  over = false
  /** resumes a caller that was interrupted and waits until its job is gone */
  interrupted: ((gone: Effect.Effect<void>) => void) | undefined
  private defect: { readonly thrown: unknown } | undefined
  /** most jobs say nothing */
  private receiver: telemetry.Receiver | undefined
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly told: telemetry.Told
  private readonly receive: (ending: Ending) => Effect.Effect<A, E>
  private readonly resume: (effect: Effect.Effect<A, E>) => void

  constructor(
    fiber: Fiber.Fiber<unknown, unknown>,
    receive: (ending: Ending) => Effect.Effect<A, E>,
    resume: (effect: Effect.Effect<A, E>) => void
  ) {
    this.fiber = fiber
    this.told = { cache: fiber.cache, context: fiber.context }
    this.receive = receive
    this.resume = resume
  }

  settle(ending: Ending): void {
    this.over = true
    if (this.receiver !== undefined) this.guarded(this.receiver.close)
    if (this.interrupted !== undefined) this.interrupted(Effect.void)
    else this.resume(this.defect === undefined ? this.receive(ending) : Effect.die(this.defect.thrown))
  }

  signal(signal: Signal): void {
    this.guarded(() => (this.receiver ??= telemetry.receiver(this.fiber, this.told)).receive(signal))
  }

  private guarded(replay: () => void): void {
    try {
      replay()
    } catch (thrown) {
      this.defect ??= { thrown }
    }
  }
}

export const make =
  (exchange: Exchange): Compute["Service"]["run"] =>
  <P, A, E>(
    task: Task<P, A, E>,
    payload: P,
    site: CallSite,
    options: RunOptions | undefined
  ): Effect.Effect<A, E | ComputeError> =>
    Effect.withFiber((fiber) => {
      const codec = wireCodec.of(task as Any)
      const encoded = codec.encodePayload(payload)
      const receive = (ending: Ending): Effect.Effect<A, E | ComputeError> => decode(task, codec, ending, site)
      const timeout = options?.timeout
      const send = (payload: unknown): Effect.Effect<A, E | ComputeError> => {
        const request = { moduleUrl: task.moduleUrl, name: task.name, payload, context: jobContext.capture(fiber) }
        if (timeout === undefined) return exchange(request, fiber, receive)
        return Effect.flatMap(within(timeout, exchange(request, fiber, Effect.succeed)), receive)
      }
      if (Exit.isExit(encoded) && Exit.isSuccess(encoded)) return send(encoded.value)
      return Effect.matchEffect(encoded, {
        onSuccess: send,
        onFailure: (error) =>
          fail(new Errors.PayloadInvalid({ task: task.name, issue: issueText.of(error, payload) }), site)
      })
    })

/** The exchange loses against its deadline by being interrupted, so what follows finds the job gone. */
const within = (timeout: Duration.Input, exchanged: Effect.Effect<Ending>): Effect.Effect<Ending> => {
  const duration = Duration.fromInput(timeout)
  if (duration._tag === "None" || Duration.isNegative(duration.value)) {
    return Effect.die(
      new InvalidOption({
        of: "Compute",
        option: "timeout",
        value: timeout,
        expected: 'a duration that is not negative, as 500 or "2 seconds"'
      })
    )
  }
  return Effect.timeoutOrElse(exchanged, {
    duration: duration.value,
    orElse: () => Effect.succeed<Ending>({ _tag: "TimedOut", timeoutMs: Duration.toMillis(duration.value) })
  })
}

const fail = (error: ComputeError, site: CallSite): Effect.Effect<never, ComputeError> =>
  Effect.fail(callSite.attach(error, site))

const decode = <P, A, E>(
  task: Task<P, A, E>,
  codec: wireCodec.TaskCodec,
  ending: Ending,
  site: CallSite
): Effect.Effect<A, E | ComputeError> => {
  const invalid = (channel: "success" | "error", value: unknown) => (error: Schema.SchemaError) =>
    fail(new Errors.ResultInvalid({ task: task.name, channel, issue: issueText.of(error, value) }), site)
  switch (ending._tag) {
    case "Success": {
      const decoded = codec.decodeSuccess(ending.value) as Effect.Effect<A, Schema.SchemaError>
      return Exit.isExit(decoded) && Exit.isSuccess(decoded)
        ? Exit.succeed(decoded.value as A)
        : Effect.catch(decoded, invalid("success", ending.value))
    }
    case "Failure":
      return Effect.matchEffect(codec.decodeError(ending.error) as Effect.Effect<E, Schema.SchemaError>, {
        onSuccess: Effect.fail<E | ComputeError>,
        onFailure: invalid("error", ending.error)
      })
    default:
      return fail(toError(task, ending), site)
  }
}

const toError = (task: Any, ending: Exclude<Ending, { readonly _tag: "Success" | "Failure" }>): ComputeError => {
  const { moduleUrl: module, name } = task
  switch (ending._tag) {
    case "Died":
      return new Errors.JobDied({ task: name, cause: unpack(ending.cause) })
    case "PayloadInvalid":
      return new Errors.PayloadInvalid({ task: name, issue: ending.issue })
    case "PayloadNotCloneable":
      return new Errors.PayloadNotCloneable({ task: name, path: ending.path, what: ending.what })
    case "ResultInvalid":
      return new Errors.ResultInvalid({ task: name, channel: ending.channel, issue: ending.issue })
    case "ResultNotCloneable":
      return new Errors.ResultNotCloneable({ task: name, path: ending.path, what: ending.what })
    case "TaskNotFound":
      return new Errors.TaskNotFound({ task: name, module, names: ending.names })
    case "ModuleFailed":
      return new Errors.TaskModuleFailed({ task: name, module, cause: unpack(ending.cause) })
    case "LayerFailed":
      return new Errors.TaskLayerFailed({ task: name, cause: unpack(ending.cause) })
    case "Overloaded":
      return new Errors.ComputeOverloaded({ task: name, capacity: ending.capacity })
    case "TimedOut":
      return new Errors.JobTimedOut({ task: name, timeoutMs: ending.timeoutMs })
    case "Exited":
      return new Errors.WorkerExited({ task: name, code: ending.code })
    case "OutOfMemory":
      return new Errors.WorkerOutOfMemory({ task: name, limitMb: ending.limitMb })
    case "NoWorker":
      return new Errors.WorkerUnavailable({ task: name, cause: unpack(ending.cause) })
    // A caller that was interrupted does not listen any more: for any other, a cancelled job means a closed pool.
    case "Cancelled":
    case "Closed":
      return new Errors.ComputeClosed({ task: name })
  }
}
