/**
 * Defines a task, and then fails, on a worker.
 */
import { isMainThread } from "node:worker_threads"
import { Task } from "@giveway/core"
import { Schema } from "effect"

export const halfway = Task.make(
  import.meta.url,
  "halfway",
  { payload: Schema.Void, success: Schema.Void },
  () => undefined
)

if (!isMainThread) throw new Error("this module failed after its task was defined")
