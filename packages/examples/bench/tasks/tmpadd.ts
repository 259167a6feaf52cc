import * as Task from "@giveway/core/Task"
import * as Schema from "effect/Schema"
export const add = Task.make(
  import.meta.url,
  "add",
  { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number },
  ({ a, b }) => a + b
)
