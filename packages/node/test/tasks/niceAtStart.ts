/**
 * Knows the priority of its worker when its module was loaded, and when its job runs.
 */
import { readFileSync } from "node:fs"
import { Task } from "@giveway/core"
import { Schema } from "effect"

/** Linux: the nineteenth field, counted from the state, which follows the name in parentheses. */
const nice = (): number => {
  const fields = readFileSync("/proc/thread-self/stat", "utf8")
  return Number(fields.slice(fields.lastIndexOf(")") + 2).split(" ")[16])
}

const atStart = process.platform === "linux" ? nice() : 0

export const niceAtStart = Task.make(
  import.meta.url,
  "niceAtStart",
  { payload: Schema.Void, success: Schema.Array(Schema.Number) },
  () => [atStart, nice()]
)
