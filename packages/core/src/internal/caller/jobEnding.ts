/**
 * Turns the ending of a job into the result of its caller: the decoded value, the task's own failure, or a typed error
 * that shows where the job was asked for.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type { ComputeError } from "../job/computeErrors.ts"
import type { Definition } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"
import * as callSite from "./callSite.ts"
import type { Uncloneable } from "../job/cloneable.ts"
import * as Errors from "../job/computeErrors.ts"
import * as issueText from "../job/issueText.ts"
import type { Ending } from "../job/jobMessages.ts"
import { unpack } from "../job/transport.ts"
import type * as wireCodec from "../job/wireCodec.ts"

/** An ending that has no value. */
export type Unsuccessful = Exclude<Ending, { readonly _tag: "Success" | "Batch" }>

export const fail = (error: ComputeError, site: CallSite): Effect.Effect<never, ComputeError> =>
  Effect.fail(callSite.attach(error, site))

const invalid =
  (task: Definition, site: CallSite, channel: "success" | "error", value: unknown) =>
  (error: Schema.SchemaError): Effect.Effect<never, ComputeError> =>
    fail(new Errors.ResultInvalid({ task: task.name, channel, issue: issueText.ofArrived(error, value) }), site)

/** Succeeds with a value as its schema decodes it. */
export const decodeSuccess = <A>(
  task: Definition,
  codec: wireCodec.TaskCodec,
  value: unknown,
  site: CallSite
): Effect.Effect<A, ComputeError> => {
  const decoded = codec.decodeSuccess(value) as Effect.Effect<A, Schema.SchemaError>
  return Exit.isExit(decoded) && Exit.isSuccess(decoded)
    ? Exit.succeed(decoded.value as A)
    : Effect.catch(decoded, invalid(task, site, "success", value))
}

/** Fails with the task's own failure, or with the error that ended the job. */
export const failWith = <E>(
  task: Definition,
  codec: wireCodec.TaskCodec,
  ending: Unsuccessful,
  site: CallSite
): Effect.Effect<never, E | ComputeError> =>
  ending._tag === "Failure"
    ? Effect.matchEffect(codec.decodeError(ending.error) as Effect.Effect<E, Schema.SchemaError>, {
        onSuccess: Effect.fail<E | ComputeError>,
        onFailure: invalid(task, site, "error", ending.error)
      })
    : fail(toError(task, ending), site)

const uncloneable = ({ fix, path, what }: Uncloneable): Uncloneable => ({
  path,
  what,
  ...(fix === undefined ? {} : { fix })
})

const toError = (task: Definition, ending: Exclude<Unsuccessful, { readonly _tag: "Failure" }>): ComputeError => {
  const { moduleUrl: module, name } = task
  switch (ending._tag) {
    case "JobDied":
      return new Errors.JobDied({ task: name, cause: unpack(ending.cause) })
    case "PayloadInvalid":
      return new Errors.PayloadInvalid({ task: name, issue: ending.issue })
    case "PayloadNotCloneable":
      return new Errors.PayloadNotCloneable({ task: name, ...uncloneable(ending) })
    case "ResultInvalid":
      return new Errors.ResultInvalid({ task: name, channel: ending.channel, issue: ending.issue })
    case "ResultNotCloneable":
      return new Errors.ResultNotCloneable({ task: name, ...uncloneable(ending) })
    case "TaskNotFound":
      return new Errors.TaskNotFound({
        task: name,
        module,
        names: ending.names,
        ...(ending.reason === undefined ? {} : { reason: ending.reason })
      })
    case "TaskModuleFailed":
      return new Errors.TaskModuleFailed({ task: name, module, cause: unpack(ending.cause) })
    case "TaskLayerFailed":
      return new Errors.TaskLayerFailed({ task: name, cause: unpack(ending.cause) })
    case "ComputeOverloaded":
      return new Errors.ComputeOverloaded({ task: name, capacity: ending.capacity })
    case "JobTimedOut":
      return new Errors.JobTimedOut({ task: name, timeoutMs: ending.timeoutMs })
    case "WorkerExited":
      return new Errors.WorkerExited({ task: name, code: ending.code })
    case "WorkerOutOfMemory":
      return new Errors.WorkerOutOfMemory({ task: name, limitMb: ending.limitMb })
    case "WorkerUnavailable":
      return new Errors.WorkerUnavailable({ task: name, attempts: ending.attempts, cause: unpack(ending.cause) })
    // An interrupted caller listens no longer. To any other a cancelled job means that the pool was closed.
    case "Cancelled":
    case "ComputeClosed":
      return new Errors.ComputeClosed({ task: name })
  }
}
