/**
 * Where in a value is what a structured clone refuses? Asked only after a clone has failed, so it may be slow.
 */

/** The path to the first value that cannot be cloned and what it is, or `undefined` if none is found. */
export const findUncloneable = (value: unknown): { readonly path: string; readonly what: string } | undefined =>
  search(value, "", new Set())

const search = (
  value: unknown,
  path: string,
  seen: Set<unknown>
): { readonly path: string; readonly what: string } | undefined => {
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
