/**
 * A module whose path has spaces in it.
 */
import { Task } from "@giveway/core"
import { Schema } from "effect"

export const spaced = Task.make(import.meta.url, "spaced", { payload: Schema.String, success: Schema.String }, (text) =>
  text.split("").join(" ")
)
