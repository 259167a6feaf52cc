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

export const of = (error: Schema.SchemaError, value: unknown): string => describe(error, value, () => "")

/** Of a value that has crossed: its sender's schema accepted it, so the copy made it another one. */
export const ofArrived = (error: Schema.SchemaError, value: unknown): string => describe(error, value, changeBy)

const describe = (error: Schema.SchemaError, value: unknown, more: (found: unknown) => string): string =>
  format(error.issue)
    .issues.map((issue) => {
      const path = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step))
      const at = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`
      return `${issue.message}${at}, got ${shown(() => path.reduce(into, value), more)}`
    })
    .join("; ")

/** The value is a user's: a getter or a proxy may throw. */
const shown = (find: () => unknown, more: (found: unknown) => string): string => {
  try {
    const found = find()
    return `${show(found)}${more(found)}`
  } catch {
    return "a value that cannot be read"
  }
}

const changeBy = (found: unknown): string => {
  if (typeof found !== "object" || found === null) return ""
  if (found instanceof Uint8Array) {
    return " (a Buffer arrives as a Uint8Array: take Schema.Uint8Array, and make a Buffer of it by Buffer.from)"
  }
  return Object.getPrototypeOf(found) === Object.prototype
    ? " (an object of a class arrives as a plain object: take a Schema.Class, which makes one of it again)"
    : ""
}

const into = (value: unknown, step: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(cut(value))
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "function") return "a function"
  if (typeof value !== "object" || value === null) return String(value)
  const proto = Object.getPrototypeOf(value) as object | null
  if (proto === null) return "an object without a prototype"
  const name = String(proto.constructor?.name)
  const { length } = value as { readonly length?: unknown }
  return typeof length === "number" ? `${name}(${length})` : `an object of class ${name}`
}

const cut = (text: string): string => (text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`)
