/**
 * A schema's refusal in one line: the expected type, the path, and the value that was found.
 *
 * Schemas do not keep the refused value: it may be secret, and keeping it costs. So a message looks it up again by its path,
 * and shows it cut: a payload may be an image.
 */
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Longer values are cut here. A guess: enough to recognise a value, short enough for a log line. */
const maxLength = 60

export const of = (error: Schema.SchemaError, value: unknown): string =>
  format(error.issue)
    .issues.map((issue) => {
      const path = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step))
      const at = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`
      return `${issue.message}${at}, got ${show(path.reduce(into, value))}`
    })
    .join("; ")

const into = (value: unknown, step: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(cut(value))
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "function") return "a function"
  if (typeof value !== "object" || value === null) return String(value)
  const { name } = (Object.getPrototypeOf(value) as object | null)?.constructor ?? { name: "Object" }
  const { length } = value as { readonly length?: unknown }
  return typeof length === "number" ? `${name}(${length})` : `an object of class ${name}`
}

const cut = (text: string): string => (text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`)
