import { Task } from "@giveway/core"
import * as Schema from "effect/Schema"

const nothing = { payload: Schema.Void, success: Schema.Void }

export const add = Task.make(
  import.meta.url,
  "add",
  { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number },
  ({ a, b }) => a + b
)

export const fails = Task.make(import.meta.url, "fails", nothing, () => {
  throw new Error("no disk")
})

export const forever = Task.make(import.meta.url, "forever", nothing, () => {
  for (;;);
})
