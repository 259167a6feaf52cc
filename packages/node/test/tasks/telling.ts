/**
 * Tasks whose jobs say something while they run.
 */
import { Task } from "@giveway/core"
import { Effect, Schema } from "effect"

export const spansAndLogs = Task.make(
  import.meta.url,
  "spansAndLogs",
  { payload: Schema.Void, success: Schema.Void },
  () => Effect.log("decoded on a worker").pipe(Effect.withSpan("decode"))
)

export const add = Task.make(
  import.meta.url,
  "add",
  { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number },
  ({ a, b }) => a + b
)
