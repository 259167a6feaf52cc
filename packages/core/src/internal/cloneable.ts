/**
 * Where in a value is what a structured clone refuses? Asked only after a clone has failed, so it may be slow.
 *
 * **Invariant**: it always answers. The value is a user's: its getters and proxies may throw, and it may be nested deeper
 * than the stack is; both are reasons why the clone failed, and here they must not end the pool.
 */
import * as Inspectable from "effect/Inspectable"

/** The path to a value that cannot be cloned, empty for the value itself, and what it is. */
export interface Uncloneable {
  readonly path: string
  readonly what: string
}

/** The first part of `value` that cannot be cloned; if none is found, `refusal`, what the clone threw, has to do. */
export const findUncloneable = (value: unknown, refusal: unknown): Uncloneable => {
  try {
    const found = search(value, "", new Set())
    if (found !== undefined) return found
  } catch {
    // looking at it fails as cloning it did: so the refusal says as much as can be known
  }
  const reason =
    refusal instanceof Error ? `${refusal.name}: ${refusal.message}` : Inspectable.toStringUnknown(refusal, 0)
  return { path: "", what: `a value that cannot be copied (${reason})` }
}

const search = (value: unknown, path: string, seen: Set<unknown>): Uncloneable | undefined => {
  if (typeof value === "function") {
    return { path, what: value.name === "" ? "a function" : `the function ${value.name}` }
  }
  if (typeof value === "symbol") return { path, what: String(value) }
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined
  seen.add(value)
  for (const [step, child] of children(value)) {
    const found = search(child, `${path}${step}`, seen)
    if (found !== undefined) return found
  }
  try {
    structuredClone(value)
    return undefined
  } catch {
    const name = (Object.getPrototypeOf(value) as object | null)?.constructor?.name
    return { path, what: name === undefined ? "an object" : `an object of class ${name}` }
  }
}

const children = (value: object): Iterable<readonly [step: string, child: unknown]> => {
  if (ArrayBuffer.isView(value)) return []
  if (value instanceof Map) {
    return Array.from(value).flatMap(([key, child]): Array<readonly [string, unknown]> => [
      [".<key>", key],
      [`.get(${String(key)})`, child]
    ])
  }
  if (value instanceof Set) return Array.from(value, (child) => [".<member>", child] as const)
  return Object.entries(value).map(([key, child]) => [Array.isArray(value) ? `[${key}]` : `.${key}`, child] as const)
}
