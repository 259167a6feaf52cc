/**
 * The caller's side of a job, the same for every platform: encode, submit, wait, and decode the result, or turn another
 * ending into its typed error.
 *
 * **Invariant**: the effect completes, by interruption too, only after the runner has settled the job.
 */
import type { Work } from "../sharedMemory/jobBoard.ts"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type { ComputeError } from "../job/computeErrors.ts"
import type { RunOptions } from "../job/computeService.ts"
import { duration } from "../options/duration.ts"
import type { Any, Definition, Task } from "../job/taskDefinition.ts"
import * as taskRegistry from "../job/taskRegistry.ts"
import * as callSite from "./callSite.ts"
import type { CallSite } from "./callSite.ts"
import type { ComputePort } from "./computePort.ts"
import * as inlineTask from "../job/inlineTask.ts"
import * as Errors from "../job/computeErrors.ts"
import * as fiberJobs from "../fibers/fiberJobs.ts"
import * as issueText from "../job/issueText.ts"
import * as jobContext from "../job/jobContext.ts"
import * as jobEnding from "./jobEnding.ts"
import type { Ending, JobListener, JobRequest, JobRunner } from "../job/jobMessages.ts"
import type { Signal } from "../job/telemetry.ts"
import * as standing from "./standing.ts"
import * as telemetry from "../job/telemetry.ts"
import * as transferring from "../job/transferring.ts"
import * as wireCodec from "../job/wireCodec.ts"

/**
 * Hands a request over, waits for its ending, and continues with the effect that `receive` makes of it. `fiber` is the
 * caller's. Interrupting it waits until the job is gone.
 */
export type Exchange = <A, E>(
  request: JobRequest,
  fiber: Fiber.Fiber<unknown, unknown>,
  receive: (ending: Ending) => Effect.Effect<A, E>,
  /** of a job that emits */
  elements?: ElementSink
) => Effect.Effect<A, E>

/** Takes the elements that a job emits. */
export interface ElementSink {
  /** the job was submitted; `grant` lets it send so many more */
  readonly begun: (grant: (elements: number) => void) => void
  readonly received: (elements: ReadonlyArray<unknown>) => void
}

const ran = ({ heldMs, longestMs, selfMs, slices }: Work) => ({ heldMs, longestMs, selfMs, slices })

/** The exchange over a runner that reports by callback. */
export const exchangeOver =
  (runner: JobRunner): Exchange =>
  (request, fiber, receive, elements) => {
    const { refusal } = request
    if (refusal !== undefined) return receive({ _tag: "TaskNotFound", names: [], reason: refusal })
    return Effect.callback((resume) => {
      const call = new Call(fiber, receive, resume, elements)
      const job = runner.submit(request, call, standing.of(fiber.context))
      elements?.begun((granted) => runner.grant(job, granted))
      fiberJobs.attach(fiber, () => {
        const found = call.over ? undefined : runner.whereabouts?.(job)
        if (found === undefined) return undefined
        const { since, state, work, worker } = found
        return {
          task: request.name,
          state,
          since: performance.timeOrigin + since,
          ...(worker === undefined ? {} : { worker }),
          ...(work === undefined ? {} : ran(work))
        }
      })
      return Effect.callback<void>((gone) => {
        // A resumed fiber may give way and be interrupted before it goes on. The job is settled then, and never again.
        if (call.over) {
          gone(Effect.void)
          return
        }
        call.interrupted = gone
        runner.cancel(job)
      })
    })
  }

/**
 * One caller that waits.
 *
 * Its own loggers and tracer are called from the runner's callbacks, outside of any fiber. An error that they throw would
 * end the process there. It ends the caller's fiber instead, once the job is over, as where a fiber logs by itself.
 */
class Call<A, E> implements JobListener {
  over = false
  /** resumes a caller that was interrupted and waits until its job is gone */
  interrupted: ((gone: Effect.Effect<void>) => void) | undefined
  private defect: { readonly thrown: unknown } | undefined
  /** made for the first signal: most jobs send none */
  private receiver: telemetry.Receiver | undefined
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly told: telemetry.Told
  private readonly receive: (ending: Ending) => Effect.Effect<A, E>
  private readonly sink: ElementSink | undefined
  private readonly resume: (effect: Effect.Effect<A, E>) => void

  constructor(
    fiber: Fiber.Fiber<unknown, unknown>,
    receive: (ending: Ending) => Effect.Effect<A, E>,
    resume: (effect: Effect.Effect<A, E>) => void,
    sink: ElementSink | undefined
  ) {
    this.sink = sink
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

  elements(elements: ReadonlyArray<unknown>): void {
    this.sink?.received(elements)
  }

  private guarded(replay: () => void): void {
    try {
      replay()
    } catch (thrown) {
      this.defect ??= { thrown }
    }
  }
}

/** The request, with the reason why no worker may run its task, if there is one. */
export const refusable = (task: Definition, request: JobRequest): JobRequest => {
  const refusal = taskRegistry.refusalOf(task)
  return refusal === undefined ? request : { ...request, refusal }
}

/** The same for a platform whose workers find a task by its module: inline work that has none is refused. */
export const make = (exchange: Exchange): ComputePort["run"] => {
  const run = over(exchange)
  return (task, payload, site, options) =>
    task.moduleUrl === inlineTask.nowhere ? refused(task, site) : run(task, payload, site, options)
}

/** Only `Compute.fn` and `Compute.effect` make such a task, and they have the error in their types. */
const refused = (task: Any, site: CallSite): Effect.Effect<never> => {
  const reason = inlineTask.staysBecause(task) ?? "its task names no module"
  const error = new Errors.NotExtracted({ task: task.name, reason })
  return Effect.fail(callSite.attach(error, site)) as unknown as Effect.Effect<never>
}

/** Runs a task over an exchange, whose other end is given the task or finds it. */
export const over =
  (exchange: Exchange): ComputePort["run"] =>
  <P, A, E>(
    task: Task<P, A, E>,
    payload: P,
    site: CallSite,
    options: RunOptions | undefined
  ): Effect.Effect<A, E | ComputeError> =>
    Effect.withFiber((fiber) => {
      const codec = wireCodec.of(task as Any)
      const encoded = codec.encodePayload(payload)
      const receive = (ending: Ending): Effect.Effect<A, E | ComputeError> => decoded(task, codec, ending, site)
      const timeout = options?.timeout
      const send = (payload: unknown, moving?: transferring.Moving): Effect.Effect<A, E | ComputeError> => {
        const copied = { moduleUrl: task.moduleUrl, name: task.name, payload, context: jobContext.capture(fiber) }
        const request = refusable(task, moving === undefined ? copied : transferring.listed(copied, moving))
        if (timeout === undefined) return exchange(request, fiber, receive)
        return Effect.flatMap(within(timeout, exchange(request, fiber, Effect.succeed)), receive)
      }
      if (Exit.isExit(encoded) && Exit.isSuccess(encoded)) return send(encoded.value)
      const moving: transferring.Moving = new Set()
      return Effect.matchEffect(transferring.into(moving, encoded), {
        onSuccess: (payload) => send(payload, moving),
        onFailure: (error) =>
          jobEnding.fail(new Errors.PayloadInvalid({ task: task.name, issue: issueText.of(error, payload) }), site)
      })
    })

const decoded = <P, A, E>(
  task: Task<P, A, E>,
  codec: wireCodec.TaskCodec,
  ending: Ending,
  site: CallSite
): Effect.Effect<A, E | ComputeError> => {
  switch (ending._tag) {
    case "Success":
      return jobEnding.decodeSuccess<A>(task, codec, ending.value, site)
    case "Batch":
      return Effect.die(new Error(`a worker answered a single job of task "${task.name}" with a batch`))
    default:
      return jobEnding.failWith<E>(task, codec, ending, site)
  }
}

/** Past the deadline the exchange is interrupted, so the job is gone when the ending is `JobTimedOut`. */
export const within = (
  timeout: Duration.Input | undefined,
  exchanged: Effect.Effect<Ending>
): Effect.Effect<Ending> => {
  if (timeout === undefined) return exchanged
  const read = readTimeout(timeout, "Compute", "timeout")
  if (Result.isFailure(read)) return Effect.die(read.failure)
  const timeoutMs = read.success
  return Effect.timeoutOrElse(exchanged, {
    duration: timeoutMs,
    orElse: () => Effect.succeed<Ending>({ _tag: "JobTimedOut", timeoutMs })
  })
}

/** An infinite one is none. */
const readTimeout = duration({ endless: true, suchAs: "2 seconds" })
