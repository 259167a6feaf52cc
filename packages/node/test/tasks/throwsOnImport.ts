/**
 * A module that works on the main thread and throws when a worker imports it.
 */
import { isMainThread, threadName } from "node:worker_threads"
import { Task } from "@giveway/core"
import { Schema } from "effect"

export const unreachable = Task.make(
  import.meta.url,
  "unreachable",
  { payload: Schema.Void, success: Schema.Void },
  () => undefined
)

if (!isMainThread && threadName === "giveway-compute") throw new SyntaxError("this module does not like workers")
