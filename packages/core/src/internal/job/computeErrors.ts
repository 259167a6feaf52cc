/**
 * The errors that can end a job besides its own failure. They are flat and tagged. Each has the name of the task, and a
 * message that says which fault happened, where, and how to mend it.
 */
import * as Schema from "effect/Schema"
import { jsonText } from "../options/shownValue.ts"

const at = (path: string): string => (path === "" ? "itself" : `at ${path.replace(/^\./, "")}`)

const remedy = (fix: string | undefined): string =>
  fix === undefined
    ? "which a structured clone refuses. Give that field a schema that encodes it to plain data"
    : `which is refused. ${fix}`

/** An error without a name of its own goes by its class: a `class Broken extends RangeError` is a Broken. */
const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return `${jsonText(cause, 0, maxDescribed)} (of type ${typeof cause})`
  // it has the fields of the job's error, whose `constructor` may be anything
  const { name: ofClass } = (Object.getPrototypeOf(cause) as Error).constructor
  return `${Object.hasOwn(cause, "name") ? cause.name : ofClass}: ${cause.message.replace(/\.$/, "")}`
}

/** Characters shown of a thrown value that is no error. A guess: the text ends in a log line. */
const maxDescribed = 200

/**
 * The pool refused the job: its queue is full, and `queue.overflow` is `"fail"` or `"drop"`.
 *
 * @category errors
 * @since 0.1.0
 */
export class ComputeOverloaded extends Schema.TaggedError<ComputeOverloaded>()("ComputeOverloaded", {
  task: Schema.String,
  /** jobs that may wait in the queue */
  capacity: Schema.Number
}) {
  override get message(): string {
    return `Task "${this.task}" was refused: all workers are busy and ${this.capacity} jobs wait already. Shed load here, or raise queue.capacity, or set queue.overflow to "suspend"`
  }
}

/**
 * The scope of the pool was closed before the job was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class ComputeClosed extends Schema.TaggedError<ComputeClosed>()("ComputeClosed", { task: Schema.String }) {
  override get message(): string {
    return `Task "${this.task}" was not completed: the scope of its Compute layer is closed. Run jobs inside the layer's lifetime`
  }
}

/**
 * The payload does not match the `payload` schema of the task.
 *
 * @category errors
 * @since 0.1.0
 */
export class PayloadInvalid extends Schema.TaggedError<PayloadInvalid>()("PayloadInvalid", {
  task: Schema.String,
  /** the expected type, the value that was found, and its path */
  issue: Schema.String
}) {
  override get message(): string {
    return `The payload of task "${this.task}" does not match its schema: ${this.issue}. Correct the value or the task's payload schema`
  }
}

/**
 * The encoded payload holds a value that cannot cross to another thread.
 *
 * @category errors
 * @since 0.1.0
 */
export class PayloadNotCloneable extends Schema.TaggedError<PayloadNotCloneable>()("PayloadNotCloneable", {
  task: Schema.String,
  /** the path to the value in the payload; empty for the payload itself */
  path: Schema.String,
  /** a description of the value, as `the function f` */
  what: Schema.String,
  /** the remedy; absent where it is to encode the value to plain data */
  fix: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `The payload of task "${this.task}" cannot be sent to a worker: ${at(this.path)} is ${this.what}, ${remedy(this.fix)}`
  }
}

/**
 * The result or the failure of the handler does not match its schema.
 *
 * @category errors
 * @since 0.1.0
 */
export class ResultInvalid extends Schema.TaggedError<ResultInvalid>()("ResultInvalid", {
  task: Schema.String,
  /** the schema that refused it */
  channel: Schema.Literals(["success", "error"]),
  issue: Schema.String
}) {
  override get message(): string {
    return `The ${this.channel === "success" ? "result" : "failure"} of task "${this.task}" does not match its ${this.channel} schema: ${this.issue}. Correct the handler or the task's ${this.channel} schema`
  }
}

/**
 * The encoded result, or the encoded failure, holds a value that cannot cross to another thread.
 *
 * @category errors
 * @since 0.1.0
 */
export class ResultNotCloneable extends Schema.TaggedError<ResultNotCloneable>()("ResultNotCloneable", {
  task: Schema.String,
  path: Schema.String,
  what: Schema.String,
  fix: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `The result of task "${this.task}" cannot be sent back: ${at(this.path)} is ${this.what}, ${remedy(this.fix)}`
  }
}

/**
 * The worker imported the module of the task, and the module defines no task of this name; or a worker would find another
 * task in its place, as `reason` says.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskNotFound extends Schema.TaggedError<TaskNotFound>()("TaskNotFound", {
  task: Schema.String,
  /** the module's URL */
  module: Schema.String,
  /** the names of the tasks that it defines */
  names: Schema.Array(Schema.String),
  /** the cause and the remedy, if there is more to say */
  reason: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    if (this.reason !== undefined) return `Task "${this.task}" cannot run on a worker: ${this.reason}`
    const defined = this.names.length === 0 ? "no task" : this.names.map((name) => `"${name}"`).join(", ")
    return `The worker imported ${this.module} and found no task "${this.task}" there: it defines ${defined}. Call Task.make at the top level of that module, with its own import.meta.url`
  }
}

/**
 * No worker can find the work that `Compute.fn` or `Compute.effect` was given: it was not compiled, or it uses a variable
 * that a worker does not have.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotExtracted extends Schema.TaggedError<NotExtracted>()("NotExtracted", {
  /** the name of the work */
  task: Schema.String,
  /** the cause, and the remedy */
  reason: Schema.String
}) {
  override get message(): string {
    return `"${this.task}" cannot run on a worker: ${this.reason}`
  }
}

/**
 * The worker could not import the module of the task, or the import has not ended after a minute.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskModuleFailed extends Schema.TaggedError<TaskModuleFailed>()("TaskModuleFailed", {
  task: Schema.String,
  module: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The worker could not import ${this.module} for task "${this.task}": ${describe(this.cause)}. A task's module must be importable on its own, on a worker thread`
  }
}

/**
 * The worker could not build the layer with the services of the task, and the next job tries again. Or the layer was not built
 * after a minute: then it goes on to be built, and jobs that come later find it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskLayerFailed extends Schema.TaggedError<TaskLayerFailed>()("TaskLayerFailed", {
  task: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The worker could not build the layer of task "${this.task}": ${describe(this.cause)}. The next job tries again`
  }
}

/**
 * The handler died: it threw, or ended with a defect. `cause` is the thrown value, rebuilt with its class name, message,
 * fields and causes. `stack` shows the frames of the worker, and below them those of the caller.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobDied extends Schema.TaggedError<JobDied>()("JobDied", {
  task: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `Task "${this.task}" died: ${describe(this.cause)}`
  }
}

/**
 * The job was not done within the `timeout` of its call. It was cancelled, and nothing of it runs any more.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobTimedOut extends Schema.TaggedError<JobTimedOut>()("JobTimedOut", {
  task: Schema.String,
  timeoutMs: Schema.Number
}) {
  override get message(): string {
    return `Task "${this.task}" was not done ${this.timeoutMs} ms after its call, and was cancelled. Give it smaller pieces of work or a longer timeout; if giveway_compute_wait_seconds says that it waited for a worker, give the pool more of them`
  }
}

/**
 * The job ended its own worker, by `process.exit` or by a crash. The pool has started another worker.
 *
 * @category errors
 * @since 0.1.0
 */
export class WorkerExited extends Schema.TaggedError<WorkerExited>()("WorkerExited", {
  task: Schema.String,
  /** the exit code */
  code: Schema.Number
}) {
  override get message(): string {
    return `The worker of task "${this.task}" exited with code ${this.code} while it had the job. Return or fail instead of calling process.exit in a task`
  }
}

/**
 * The job needed more heap than its worker may use. The pool has started another worker.
 *
 * @category errors
 * @since 0.1.0
 */
export class WorkerOutOfMemory extends Schema.TaggedError<WorkerOutOfMemory>()("WorkerOutOfMemory", {
  task: Schema.String,
  /** mebibytes of old space per worker */
  limitMb: Schema.Number
}) {
  override get message(): string {
    return `Task "${this.task}" ran out of memory: its worker may use ${this.limitMb} MiB of heap. Give it smaller pieces of work, or raise maxHeapMb`
  }
}

/**
 * No worker was there for the job: none could be started, or those that were given the job died before they began it (at most
 * three new ones, and eight that had done other jobs). The job has not run. The pool tries again by itself: after 200 ms, then at longer and longer intervals, at most 5 s.
 * Jobs that come meanwhile wait for the next try.
 *
 * @category errors
 * @since 0.1.0
 */
export class WorkerUnavailable extends Schema.TaggedError<WorkerUnavailable>()("WorkerUnavailable", {
  task: Schema.String,
  /** workers that died in a row */
  attempts: Schema.Number,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `No worker could begin task "${this.task}" (${this.attempts} ended in a row): ${describe(this.cause)}. The pool tries again by itself, more and more slowly`
  }
}

/**
 * The pool could not start the workers that it begins with, or a worker could not be warmed up. See `Compute.ready`.
 *
 * @category errors
 * @since 0.1.0
 */
export class PoolNotReady extends Schema.TaggedError<PoolNotReady>()("PoolNotReady", {
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The pool is not ready: ${describe(this.cause)}. Check the tasks that are warmed up, the modules that each worker loads at its start, and the heap that it may use`
  }
}

/**
 * Every error that can end a job besides its own failure. Each has `task`, the name of the task.
 *
 * @category errors
 * @since 0.1.0
 */
export type ComputeError =
  | ComputeClosed
  | ComputeOverloaded
  | JobDied
  | JobTimedOut
  | PayloadInvalid
  | PayloadNotCloneable
  | ResultInvalid
  | ResultNotCloneable
  | TaskLayerFailed
  | TaskModuleFailed
  | TaskNotFound
  | WorkerExited
  | WorkerOutOfMemory
  | WorkerUnavailable
