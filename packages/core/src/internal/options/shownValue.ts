/**
 * A value that was given where another was expected, as a message shows it: short, and so that its type can be seen. A string
 * has quotes, so `"4"` is not `4`; a function is named, since its source says less; a long value is cut.
 *
 * **Invariant.** The time is bounded, whatever the value is. Formatters walk a value as a tree, so one whose parts are shared
 * costs them 2ⁿ steps for n objects: such a value is counted first, and described in a few words.
 *
 * Decision 0124.
 */
import * as Formatter from "effect/Formatter"
import * as Inspectable from "effect/Inspectable"

/** Characters that are shown of a value. A guess: it leaves room for the rest of the message on a line of a terminal. */
const longest = 80

/** The parts of a value that a formatter may visit, and how deep they may lie. Guesses: it takes some milliseconds. */
const mostParts = 10_000
const deepest = 200

/** The text for `value`. */
export const shown = (value: unknown): string => {
  if (typeof value === "function") return functionText(value)
  return cut(isSmall(value) ? formatted(value) : described(value), longest)
}

/** A class may have a static `name` that is no text, and a Proxy may throw. */
const functionText = (value: { readonly name: unknown }): string => {
  try {
    const { name } = value
    return typeof name === "string" && name !== "" ? `the function ${cut(name, longest)}` : "a function"
  } catch {
    return "a function"
  }
}

/** A getter or a `toString` of the value may throw. */
const formatted = (value: unknown): string => {
  try {
    return Formatter.format(value)
  } catch {
    return `a value of type ${typeof value}`
  }
}

/** `text`, or its beginning with the number of characters that are missing. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : most <= 100 ? `${text.slice(0, most)}…` : `${text.slice(0, most)}… (cut: ${text.length})`

/** The JSON of `value` on lines of `space`, of at most `most` characters. A string is its own. Never throws. */
export const jsonText = (value: unknown, space: number, most: number): string => {
  try {
    return cut(isSmall(value) ? Inspectable.toStringUnknown(value, space) : described(value), most)
  } catch {
    return `a value of type ${typeof value} that cannot be read`
  }
}

/**
 * A thrown value in a line: the name and message of an error. It is asked for nothing else: an object whose `toString` is no
 * function cannot become text, and a job may throw one.
 */
export const thrownText = (thrown: unknown): string => {
  try {
    if (!(thrown instanceof Error)) return jsonText(thrown, 0, longestThrown)
    const { message, name } = thrown as { readonly message: unknown; readonly name: unknown }
    const known = typeof name === "string" ? name : "Error"
    return cut(typeof message === "string" && message !== "" ? `${known}: ${message}` : known, longestThrown)
  } catch {
    return "an error that cannot be read"
  }
}

/** Characters of a thrown value in a line. A guess. */
const longestThrown = 1000

const described = (value: unknown): string => {
  try {
    const name: unknown = (Object.getPrototypeOf(value) as object | null)?.constructor?.name
    return `${typeof name === "string" ? `an object of class ${cut(name, longest)}` : "an object"} that is too large to show`
  } catch {
    return "an object that is too large to show"
  }
}

/** Whether the walk of a formatter is short. It visits a shared part each time that it meets it, and ends at a circle. */
const isSmall = (value: unknown): boolean => {
  let left = mostParts
  const above = new Set<object>()
  const visit = (part: unknown): boolean => {
    if (--left < 0 || above.size > deepest) return false
    if (typeof part !== "object" || part === null || above.has(part)) return true
    above.add(part)
    try {
      if (ArrayBuffer.isView(part)) return (left -= part.byteLength) >= 0
      if (part instanceof Map || part instanceof Set) return part.size <= left && Array.from(part).every(visit)
      if (Array.isArray(part)) return part.length <= left && part.every(visit)
      const keys = Object.keys(part)
      return keys.length <= left && keys.every((key) => visit((part as Readonly<Record<string, unknown>>)[key]))
    } catch {
      // a getter or a trap throws: the formatter knows how to go on
      return true
    } finally {
      above.delete(part)
    }
  }
  return visit(value)
}
