/**
 * A module that ends its worker a moment after it was loaded, as a client does that cannot connect.
 */
import { isMainThread } from "node:worker_threads"
import { Task } from "@giveway/core"
import { Schema } from "effect"

export const dying = Task.make(
  import.meta.url,
  "dying",
  { payload: Schema.Void, success: Schema.Void },
  () => undefined
)

const afterMs = Number(process.env["GIVEWAY_TEST_DIE_AFTER_MS"])

if (!isMainThread) {
  setTimeout(() => {
    throw new Error("no connection")
  }, afterMs)
}
