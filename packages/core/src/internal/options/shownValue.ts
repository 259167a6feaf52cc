/**
 * A value that was given where another was expected, as a message shows it: short, and so that its type can be seen. A string
 * has quotes, so `"4"` is not `4`; a function is named, since its source says less; a long value is cut.
 */
import * as Formatter from "effect/Formatter"

/** Characters that are shown of a value. A guess: it leaves room for the rest of the message on a line of a terminal. */
const longest = 80

/** The text for `value`. */
export const shown = (value: unknown): string => {
  if (typeof value === "function") return functionText(value)
  const text = formatted(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const functionText = ({ name }: { readonly name: string }): string =>
  name === "" ? "a function" : `the function ${name}`

/** A getter or a `toString` of the value may throw. */
const formatted = (value: unknown): string => {
  try {
    return Formatter.format(value)
  } catch {
    return `a value of type ${typeof value}`
  }
}
