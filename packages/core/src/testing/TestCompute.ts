/**
 * Compute without threads: jobs run inline, on the calling fiber.
 *
 * Only the thread is missing. Payload, result, failure and defect go through the schemas and through `structuredClone`,
 * which moves the values that the schemas ask to transfer. So a value that cannot cross a thread fails in the test with the
 * error of production. Services come from the task's layer, built once per layer of this kind. Like on a worker a job sees no
 * reference that stands around the call: no `ConfigProvider`, no seeded `Random`. It has the clock, the console, the loggers
 * and the tracer of the test. A job is interrupted with its fiber.
 *
 * There is no queue, no grace and no kill: a job that loops for ever holds the test. `Compute.auto` runs on the calling
 * fiber, in slices.
 *
 * A job that runs here may hold the loop, as it would run on a worker in production: its stalls are recorded as allowed
 * (`Supervision.allowBlocking`), also where a fiber that the job forked holds it, or the layer of a task while it is built.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Compute } from "../Compute.ts"
import * as autoCaller from "../internal/caller/autoCaller.ts"
import * as computeAdapter from "../internal/caller/computeAdapter.ts"
import { serviceOver } from "../internal/caller/serviceOver.ts"
import * as batchCaller from "../internal/caller/batchCaller.ts"
import { findUncloneable } from "../internal/job/cloneable.ts"
import { parcel } from "../internal/job/cutViews.ts"
import * as allowedFibers from "../internal/hook/allowedFibers.ts"
import { ElementWindow } from "../internal/worker/elementWindow.ts"
import * as jobCaller from "../internal/caller/jobCaller.ts"
import * as jobExecutor from "../internal/worker/jobExecutor.ts"
import * as jobContext from "../internal/job/jobContext.ts"
import type { Ending, JobRequest, Outcome } from "../internal/job/jobMessages.ts"
import { succeeded } from "../internal/job/jobMessages.ts"
import * as streamCaller from "../internal/caller/streamCaller.ts"
import * as transferring from "../internal/job/transferring.ts"
import type { Definition } from "../internal/job/taskDefinition.ts"
import * as Supervision from "../Supervision.ts"

/**
 * Runs jobs on the calling fiber, through the same schemas and copies as a worker would.
 *
 * **When to use**: in tests of programs that use `Compute.run`.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * const upper = Task.make(
 *   import.meta.url,
 *   "upper",
 *   { payload: Schema.String, success: Schema.String },
 *   (text) => text.toUpperCase()
 * )
 * const program = Compute.run(upper, "abc").pipe(Effect.provide(TestCompute.layer))
 * console.log(await Effect.runPromise(program)) // ABC
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Compute> = Layer.effect(
  Compute,
  Effect.gen(function* () {
    // layers of tasks are built by a fiber of their own
    const context = allowedFibers.contextFor(reason, jobContext.inline(yield* Effect.context<never>()))
    const executor = jobExecutor.make((url) => import(url), context)
    yield* Effect.addFinalizer(() => executor.close)
    const counts = { completed: 0, failed: 0, cancelled: 0 }
    // the task that is given, not one that has its name: of two that look alike to a worker each is run here
    const exchangeFor =
      (own: Definition): jobCaller.Exchange =>
      (request, _, receive, elements) =>
        Effect.flatMap(
          Effect.onExit(allowed(inline(executor, request, elements, own)), (exit) => count(counts, exit)),
          receive
        )
    const { auto, placement } = autoCaller.make(undefined)
    return serviceOver(
      {
        run: (task, ...rest) => jobCaller.over(exchangeFor(task))(task, ...rest),
        stream: (task, ...rest) => streamCaller.make(exchangeFor(task))(task, ...rest),
        batch: (task, ...rest) => batchCaller.make(exchangeFor(task))(task, ...rest),
        parallelism: 1,
        auto
      },
      {
        ready: Effect.void,
        statistics: Effect.sync(() => ({ ...computeAdapter.noWorkers, ...counts })),
        placement
      }
    )
  })
)

const inline = (
  executor: jobExecutor.JobExecutor,
  request: JobRequest,
  elements: jobCaller.ElementSink | undefined,
  own: Definition
): Effect.Effect<Ending> =>
  Effect.suspend(() => {
    let arrived: JobRequest
    try {
      const { message, transfer } = parcel(request, request.transfer)
      arrived = structuredClone(message, transferring.optionsOf(transfer))
    } catch (refusal) {
      return Effect.succeed<Ending>({
        _tag: "PayloadNotCloneable",
        ...findUncloneable(request.payload, refusal, request.transfer)
      })
    }
    const window =
      elements &&
      new ElementWindow(request.window!, (emitted, transfer) =>
        elements.received(structuredClone(emitted, transferring.optionsOf(transfer)))
      )
    elements?.begun((granted) => window!.grant(granted))
    const executed = Effect.updateContext(allowedToForks(executor.execute(arrived, window, own)), jobContext.inline)
    return Effect.map(executed, (outcome) => {
      let sent: Outcome = outcome
      jobExecutor.sendOutcome(outcome, (outcome, transfer) => {
        sent = structuredClone(outcome, transferring.optionsOf(transfer))
      })
      return sent
    })
  })

/** The reason that a stall of a job is recorded with. */
const reason = "a job of TestCompute: it runs inline in a test, and on a worker in production"

const allowed = Supervision.allowBlocking(reason)

const allowedToForks = allowedFibers.inherit(reason)

const count = (
  counts: { completed: number; failed: number; cancelled: number },
  exit: Exit.Exit<Ending>
): Effect.Effect<void> =>
  Effect.sync(() => {
    if (Exit.isFailure(exit)) counts.cancelled++
    else if (succeeded(exit.value)) counts.completed++
    else counts.failed++
  })
