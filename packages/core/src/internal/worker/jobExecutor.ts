/**
 * The worker's side of a job, the same for every platform: import, look up, decode, build services, run the handler,
 * encode.
 *
 * `execute` yields an outcome for everything that can go wrong and fails with nothing; interrupting it runs the
 * handler's finalizers and is the caller's business to report.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Definition } from "../job/taskDefinition.ts"
import * as taskRegistry from "../job/taskRegistry.ts"
import { findUncloneable } from "../job/cloneable.ts"
import { parcel } from "../job/cutViews.ts"
import type { ElementWindow } from "./elementWindow.ts"
import * as faithful from "../job/faithful.ts"
import * as issueText from "../job/issueText.ts"
import type { JobRequest, Outcome } from "../job/jobMessages.ts"
import { transferOf } from "../job/jobMessages.ts"
import { outcomeOf } from "./jobOutcome.ts"
import { scoped } from "../job/handlerCall.ts"
import * as inlineTask from "../job/inlineTask.ts"
import * as limits from "./limits.ts"
import { ModuleLoads } from "./moduleLoads.ts"
import * as jobSteps from "../steppable/jobSteps.ts"
import * as pureFunctions from "../steppable/pureFunctions.ts"
import * as streamHandler from "./streamHandler.ts"
import * as taskServices from "./taskServices.ts"
import * as transferring from "../job/transferring.ts"
import type { Packed } from "../job/transport.ts"
import { pack } from "../job/transport.ts"
import * as wireCodec from "../job/wireCodec.ts"

export interface JobExecutor {
  /** `elements`: takes the elements of a job that emits; `own`: the task, if no module defines it */
  readonly execute: (request: JobRequest, elements?: ElementWindow, own?: Definition) => Effect.Effect<Outcome>
  /** imports a module that jobs may come from, and makes the codecs of its tasks; rejects if the import fails */
  readonly preload: (moduleUrl: string) => Promise<void>
  /** imports a task's module and builds its services; succeeds with the fault, if there is one: a job would meet it again */
  readonly warmUp: (moduleUrl: string, name: string) => Effect.Effect<Packed | undefined>
  /** releases the services that were built */
  readonly close: Effect.Effect<void>
}

/**
 * `importModule` imports a task's module; it is called only if no task of that name is known yet. The layers of the tasks
 * are built in `context`. Both happen `outside` of the async context of the job that needs them first: others use them too.
 */
export const make = (
  importModule: (url: string) => Promise<unknown>,
  context: Context.Context<never>,
  outside: <A>(f: () => A) => A = (f) => f()
): JobExecutor => {
  const modules = new ModuleLoads((url) => outside(() => taskRegistry.importing(url, importModule)))
  const services = taskServices.make(context, outside)

  /** Decodes the payload, builds the services, and gives both to `body`. */
  const prepare = (
    task: Definition,
    payload: unknown,
    body: (decoded: unknown, codec: wireCodec.TaskCodec) => Effect.Effect<Outcome, never, any>
  ): Effect.Effect<Outcome> => {
    const codec = wireCodec.of(task)
    return Effect.matchEffect(codec.decodePayload(payload), {
      onFailure: (error): Effect.Effect<Outcome> =>
        Effect.succeed({ _tag: "PayloadInvalid", issue: issueText.ofArrived(error, payload) }),
      onSuccess: (decoded) => {
        if (task.layer === undefined) return body(decoded, codec) as Effect.Effect<Outcome>
        return Effect.flatMap(services.of(task.layer, limits.jobMs), (exit) =>
          Exit.isSuccess(exit)
            ? (Effect.provideContext(body(decoded, codec), exit.value) as Effect.Effect<Outcome>)
            : Effect.succeed<Outcome>({ _tag: "TaskLayerFailed", cause: pack(Cause.squash(exit.cause)) })
        )
      }
    })
  }

  const run = (task: Definition, payload: unknown): Effect.Effect<Outcome> =>
    prepare(task, payload, (decoded, codec) => outcomeOf(codec, scoped(task, task.handler, [decoded])))

  /** One run after another, up to the first that does not succeed. */
  const runAll = (task: Definition, payloads: ReadonlyArray<unknown>): Effect.Effect<Outcome> =>
    Effect.suspend(() => {
      const start = performance.now()
      const values: Array<unknown> = []
      const moving: transferring.Moving = new Set()
      let stopped: Extract<Outcome, { readonly _tag: "Batch" }>["stopped"]
      const loop = Effect.whileLoop({
        while: () => stopped === undefined && values.length < payloads.length,
        body: () => run(task, payloads[values.length]),
        step: (outcome) => {
          for (const item of transferOf(outcome) ?? []) moving.add(item)
          if (outcome._tag === "Success") values.push(outcome.value)
          else stopped = outcome as typeof stopped
        }
      })
      return Effect.map(loop, (): Outcome =>
        transferring.listed({ _tag: "Batch", values, stopped, ranMs: performance.now() - start }, moving)
      )
    })

  /** The run that a request asks for; `undefined` while its module has not defined the task. */
  const find = (
    { batch, moduleUrl, name, payload, pure }: JobRequest,
    elements: ElementWindow | undefined,
    own?: Definition
  ): Effect.Effect<Outcome> | undefined => {
    if (pure === true) {
      const plain = pureFunctions.lookup({ moduleUrl, key: name })
      return plain && runPure(plain, payload as ReadonlyArray<unknown>)
    }
    const task = own ?? taskRegistry.lookup(moduleUrl, name) ?? inlineTask.lookup(moduleUrl, name)
    if (task === undefined) return undefined
    if (elements !== undefined) {
      return prepare(task, payload, (decoded, codec) => streamHandler.run(task, codec, decoded, elements))
    }
    return batch === true ? runAll(task, payload as ReadonlyArray<unknown>) : run(task, payload)
  }

  const execute = (request: JobRequest, elements?: ElementWindow, own?: Definition): Effect.Effect<Outcome> =>
    Effect.suspend(() => {
      const known = modules.isUnfinished(request.moduleUrl) ? undefined : find(request, elements, own)
      if (known !== undefined) return known
      return Effect.matchEffect(
        Effect.tryPromise({ try: () => modules.load(request.moduleUrl, limits.jobMs), catch: (cause) => pack(cause) }),
        {
          onFailure: (cause): Effect.Effect<Outcome> => Effect.succeed({ _tag: "TaskModuleFailed", cause }),
          onSuccess: () => {
            const task = taskRegistry.imported(request.moduleUrl, request.name)
            return find(request, elements, task) ?? Effect.succeed(notFound(request))
          }
        }
      )
    })

  const preload = async (moduleUrl: string): Promise<void> => {
    await modules.load(moduleUrl, limits.warmUpMs)
    for (const name of taskRegistry.names(moduleUrl)) wireCodec.of(taskRegistry.imported(moduleUrl, name)!)
  }

  const warmUp = (moduleUrl: string, name: string): Effect.Effect<Packed | undefined> =>
    Effect.tryPromise({ try: () => modules.load(moduleUrl, limits.warmUpMs), catch: (cause) => cause }).pipe(
      Effect.flatMap(() => {
        const task = taskRegistry.imported(moduleUrl, name)
        if (task === undefined) return Effect.fail(new Error("its module does not define it"))
        return task.layer === undefined ? Effect.void : Effect.flatten(services.of(task.layer, limits.warmUpMs))
      }),
      Effect.matchCause({ onSuccess: () => undefined, onFailure: (cause) => pack(Cause.squash(cause)) })
    )

  return { execute, preload, warmUp, close: services.close }
}

/** The outcome of a job whose module was imported and has no such task. */
const notFound = ({ moduleUrl, name }: JobRequest): Outcome => {
  const reason = taskRegistry.whyNot(moduleUrl, name)
  return { _tag: "TaskNotFound", names: taskRegistry.names(moduleUrl), ...(reason === undefined ? {} : { reason }) }
}

/** Calls a pure function. A result that a copy would change is not sent: the caller runs the function itself. */
const runPure = (plain: (...args: Array<unknown>) => unknown, args: ReadonlyArray<unknown>): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const start = performance.now()
    const sinceStart = (): number => performance.now() - start
    return Effect.matchCause(jobSteps.call(plain, args as Array<unknown>), {
      onSuccess: (value): Outcome => {
        const ranMs = sinceStart()
        const verdict = faithful.examine(value, faithful.largestResult)
        switch (verdict._tag) {
          case "Faithful":
            return { _tag: "Success", value, ranMs }
          case "Unfaithful":
            return { _tag: "ResultNotCloneable", path: verdict.path, what: verdict.what }
          case "TooLarge":
            return { _tag: "ResultNotCloneable", path: "", what: "it is too large to copy without holding the loop" }
        }
      },
      onFailure: (cause): Outcome => ({ _tag: "JobDied", cause: pack(Cause.squash(cause)), ranMs: sinceStart() })
    })
  })

/** Sends an outcome, with its views cut, by `send`, which clones all parts that do not move. If the clone fails, sends the reason instead. */
export const sendOutcome = (
  outcome: Outcome,
  send: (outcome: Outcome, transfer: ReadonlyArray<Transferable> | undefined) => void
): void => {
  const moving = transferOf(outcome)
  try {
    const { message, transfer } = parcel(outcome, moving)
    send(message, transfer)
  } catch (refusal) {
    send({ _tag: "ResultNotCloneable", ...findUncloneable(carried(outcome), refusal, moving) }, undefined)
  }
}

/** The values in an outcome that come from the handler. */
const carried = (outcome: Outcome): unknown => {
  switch (outcome._tag) {
    case "Success":
      return outcome.value
    case "Failure":
      return outcome.error
    case "Batch":
      return outcome.stopped === undefined ? outcome.values : [...outcome.values, carried(outcome.stopped)]
    default:
      return undefined
  }
}
