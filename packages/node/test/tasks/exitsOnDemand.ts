/**
 * A module that ends any worker that imports it, once the environment says so.
 */
import { Task } from "@giveway/core"
import { Schema } from "effect"

if (process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"] !== undefined) process.exit(7)

export const fickle = Task.make(
  import.meta.url,
  "fickle",
  { payload: Schema.Void, success: Schema.String },
  () => "fine so far"
)
