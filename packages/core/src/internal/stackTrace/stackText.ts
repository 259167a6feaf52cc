/**
 * The stack of an error as text. A program's `Error.prepareStackTrace` may return anything, and may throw: then `stack` is no
 * string, or cannot be read.
 */

/** The stack; the usual text of one if the program made a list of its call sites; `undefined` if there is none to be had. */
export const textOf = (error: { readonly stack?: unknown }): string | undefined => {
  try {
    const { stack } = error
    if (typeof stack === "string") return stack
    if (!Array.isArray(stack)) return undefined
    return [String(error), ...stack.map((site) => `    at ${String(site)}`)].join("\n")
  } catch {
    return undefined
  }
}
