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
  /** what to do about it, if that is not to encode it to plain data */
  readonly fix?: string
}

/**
 * The first part of `value` that cannot be cloned, or, of what was to move instead, cannot move; if none is found,
 * `refusal`, what the clone threw, has to do.
 */
export const findUncloneable = (
  value: unknown,
  refusal: unknown,
  transfer: ReadonlyArray<Transferable> = []
): Uncloneable => {
  try {
    const found = search(value, "", new Set(), new Set(transfer))
    if (found !== undefined) return found
    const stuck = transfer.find((item) => refusalToMove(item) !== undefined)
    if (stuck !== undefined) return immovable(stuck, "")
  } catch {
    // looking at it fails as cloning it did: so the refusal says as much as can be known
  }
  const reason =
    refusal instanceof Error ? `${refusal.name}: ${refusal.message}` : Inspectable.toStringUnknown(refusal, 0)
  return { path: "", what: `a value that cannot be copied (${reason})` }
}

const search = (
  value: unknown,
  path: string,
  seen: Set<unknown>,
  moving: ReadonlySet<unknown>
): Uncloneable | undefined => {
  if (typeof value === "function") {
    return { path, what: value.name === "" ? "a function" : `the function ${value.name}` }
  }
  if (typeof value === "symbol") return { path, what: String(value) }
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined
  seen.add(value)
  const movable = ArrayBuffer.isView(value) ? value.buffer : value
  if (isDetached(movable)) {
    return { path, what: `${describe(value)} whose memory was moved to another thread before`, fix: fixes.detached }
  }
  if (moving.has(movable)) return refusalToMove(movable) === undefined ? undefined : immovable(value, path)
  for (const [step, child] of children(value)) {
    const found = search(child, `${path}${step}`, seen, moving)
    if (found !== undefined) return found
  }
  // it cannot be tried with what moves in it, nor without; what it is made of was looked at
  if (moving.size > 0 && isContainer(value)) return undefined
  try {
    structuredClone(value)
    return undefined
  } catch {
    return { path, what: describe(value) }
  }
}

const describe = (value: object): string => {
  const name = (Object.getPrototypeOf(value) as object | null)?.constructor?.name
  return name === undefined ? "an object" : `an object of class ${name}`
}

const isContainer = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return [Object.prototype, Array.prototype, Map.prototype, Set.prototype, null].includes(prototype as object)
}

// --- what is to move ------------------------------------------------------------------------------------------------

const fixes = {
  detached: "What was moved is gone here: send it once, or send a copy of it (slice())",
  spent: "It was moved to another thread or closed before: send it once",
  unmovable:
    "Memory that is not its own cannot move: that of a small Buffer is part of a pool. Send a copy of it (new Uint8Array(buffer)), or leave Transferable out of that field's schema"
} as const

const isDetached = (value: unknown): boolean =>
  value instanceof ArrayBuffer && (value as ArrayBuffer & { readonly detached?: boolean }).detached === true

const immovable = (value: object, path: string): Uncloneable => ({
  path,
  what: `${describe(value)} that cannot move to another thread`,
  fix: ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? fixes.unmovable : fixes.spent
})

/** Why a transfer list refuses it. What is tried cannot be cloned in any case, so nothing moves by that. */
const refusalToMove = (item: unknown): string | undefined => {
  const whyTried = (transfer: Array<Transferable>): string => {
    try {
      structuredClone(refusedAnyway, { transfer })
      return ""
    } catch (refusal) {
      return String(refusal)
    }
  }
  const why = whyTried([item as Transferable])
  return why === whyTried([]) ? undefined : why
}

const refusedAnyway = (): void => {}

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
