/**
 * Everything that can end a job besides its success and its own failure. Flat, tagged, each with the task's name and a
 * message that says what was wrong, where, and what to do.
 */
import * as Inspectable from "effect/Inspectable"
import * as Schema from "effect/Schema"

const at = (path: string): string => (path === "" ? "itself" : `at ${path.replace(/^\./, "")}`)

const remedy = (fix: string | undefined): string =>
  fix === undefined
    ? "which a structured clone refuses. Give that field a schema that encodes it to plain data"
    : `which is refused. ${fix}`

/** An error that has no name of its own goes by that of its class: a `class Broken extends RangeError` is a Broken. */
const describe = (cause: unknown): string =>
  cause instanceof Error
    ? `${Object.hasOwn(cause, "name") ? cause.name : cause.constructor.name}: ${cause.message.replace(/\.$/, "")}`
    : `${Inspectable.toStringUnknown(cause, 0).slice(0, maxDescribed)} (of type ${typeof cause})`

/** Characters of a thrown value that is no error. A guess: it ends in a log line, and may be anything. */
const maxDescribed = 200

/** The queue is full and its overflow is `"fail"`. */
export class ComputeOverloaded extends Schema.TaggedError<ComputeOverloaded>()("ComputeOverloaded", {
  task: Schema.String,
  /** jobs that may wait beyond those that run */
  capacity: Schema.Number
}) {
  override get message(): string {
    return `Task "${this.task}" was refused: all workers are busy and ${this.capacity} jobs wait already. Shed load here, or raise queue.capacity, or set queue.overflow to "suspend"`
  }
}

/** The pool's scope was closed before the job was done. */
export class ComputeClosed extends Schema.TaggedError<ComputeClosed>()("ComputeClosed", { task: Schema.String }) {
  override get message(): string {
    return `Task "${this.task}" was not completed: the scope of its Compute layer is closed. Run jobs inside the layer's lifetime`
  }
}

/** The payload does not match the task's `payload` schema. */
export class PayloadInvalid extends Schema.TaggedError<PayloadInvalid>()("PayloadInvalid", {
  task: Schema.String,
  /** what was expected, what was found, and where */
  issue: Schema.String
}) {
  override get message(): string {
    return `The payload of task "${this.task}" does not match its schema: ${this.issue}. Correct the value or the task's payload schema`
  }
}

/** The encoded payload holds something that cannot cross to another thread. */
export class PayloadNotCloneable extends Schema.TaggedError<PayloadNotCloneable>()("PayloadNotCloneable", {
  task: Schema.String,
  /** where it is in the payload; empty for the payload itself */
  path: Schema.String,
  /** what it is */
  what: Schema.String,
  /** what to do about it, if that is not to encode it to plain data */
  fix: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `The payload of task "${this.task}" cannot be sent to a worker: ${at(this.path)} is ${this.what}, ${remedy(this.fix)}`
  }
}

/** What the handler returned or failed with does not match the task's schema. */
export class ResultInvalid extends Schema.TaggedError<ResultInvalid>()("ResultInvalid", {
  task: Schema.String,
  /** which schema refused it */
  channel: Schema.Literals(["success", "error"]),
  issue: Schema.String
}) {
  override get message(): string {
    return `The ${this.channel === "success" ? "result" : "failure"} of task "${this.task}" does not match its ${this.channel} schema: ${this.issue}. Correct the handler or the task's ${this.channel} schema`
  }
}

/** The encoded result holds something that cannot cross to another thread. */
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

/** The task's module was imported, but defines no task of that name. */
export class TaskNotFound extends Schema.TaggedError<TaskNotFound>()("TaskNotFound", {
  task: Schema.String,
  /** the module's URL */
  module: Schema.String,
  /** what it defines */
  names: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const defined = this.names.length === 0 ? "no task" : this.names.map((name) => `"${name}"`).join(", ")
    return `The worker imported ${this.module} and found no task "${this.task}" there: it defines ${defined}. Call Task.make at the top level of that module, with its own import.meta.url`
  }
}

/** Inline work that no worker can find: it was not compiled, or uses what a worker does not have. */
export class NotExtracted extends Schema.TaggedError<NotExtracted>()("NotExtracted", {
  /** the name of the work */
  task: Schema.String,
  /** why, and what to do */
  reason: Schema.String
}) {
  override get message(): string {
    return `"${this.task}" cannot run on a worker: ${this.reason}`
  }
}

/** The task's module could not be imported by the worker. */
export class TaskModuleFailed extends Schema.TaggedError<TaskModuleFailed>()("TaskModuleFailed", {
  task: Schema.String,
  module: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The worker could not import ${this.module} for task "${this.task}": ${describe(this.cause)}. A task's module must be importable on its own, on a worker thread`
  }
}

/** The layer with the task's services could not be built in the worker. */
export class TaskLayerFailed extends Schema.TaggedError<TaskLayerFailed>()("TaskLayerFailed", {
  task: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The worker could not build the layer of task "${this.task}": ${describe(this.cause)}. The next job tries again`
  }
}

/**
 * The handler died: it threw, or ended with a defect. `cause` is what it threw, rebuilt with its class name, message,
 * fields and causes; `stack` shows the worker's frames and below them the caller's.
 */
export class JobDied extends Schema.TaggedError<JobDied>()("JobDied", {
  task: Schema.String,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `Task "${this.task}" died: ${describe(this.cause)}`
  }
}

/** The job was not done within the `timeout` of its call. It was cancelled, and nothing of it runs any more. */
export class JobTimedOut extends Schema.TaggedError<JobTimedOut>()("JobTimedOut", {
  task: Schema.String,
  timeoutMs: Schema.Number
}) {
  override get message(): string {
    return `Task "${this.task}" was not done ${this.timeoutMs} ms after its call, and was cancelled. Give it smaller pieces of work or a longer timeout; if giveway_compute_wait_ms says that it waited for a worker, give the pool more of them`
  }
}

/** The job ended its own worker, with `process.exit` or by crashing it. The pool has started another. */
export class WorkerExited extends Schema.TaggedError<WorkerExited>()("WorkerExited", {
  task: Schema.String,
  /** the exit code */
  code: Schema.Number
}) {
  override get message(): string {
    return `The worker of task "${this.task}" exited with code ${this.code} while it had the job. Return or fail instead of calling process.exit in a task`
  }
}

/** The job needed more heap than its worker may use. The pool has started another. */
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
 * No worker could be started. The pool tries again by itself, after 200 ms and then ever more slowly, up to every 5 s; jobs
 * that come meanwhile wait for the next try.
 */
export class WorkerUnavailable extends Schema.TaggedError<WorkerUnavailable>()("WorkerUnavailable", {
  task: Schema.String,
  /** starts that failed in a row */
  attempts: Schema.Number,
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `No worker could be started for task "${this.task}" (${this.attempts} failed in a row): ${describe(this.cause)}. The pool tries again by itself, more and more slowly`
  }
}

/** The pool has not the workers it is to begin with, see `Compute.ready`. */
export class PoolNotReady extends Schema.TaggedError<PoolNotReady>()("PoolNotReady", {
  cause: Schema.Unknown
}) {
  override get message(): string {
    return `The pool is not ready: a worker could not be started (${describe(this.cause)}). Look at the heap it may use, and at what its warm-up imports`
  }
}

/** What can end a job besides its own success and failure. Each has `task`, the name of the task. */
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
