/**
 * Finds the part of a value that a structured clone refuses. Called only after a clone has failed, so it may be slow.
 *
 * **Invariant**: it returns for every value. The value is a user's: its getters and proxies may throw, and it may be nested
 * deeper than the stack. The clone may have failed for just that reason, and here it must not end the pool.
 */
import { jsonText } from "../options/shownValue.ts"

/** The path to a value that cannot be cloned, empty for the value itself, and a description of it. */
export interface Uncloneable {
  readonly path: string
  readonly what: string
  /** the remedy; absent where it is to encode the value to plain data */
  readonly fix?: string
}

/**
 * The first part of `value` that cannot be cloned, or that is in `transfer` and cannot move. If there is none, the text of
 * `refusal`, which the clone threw, describes the whole value.
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
    // looking at it fails as cloning it did, so only the refusal describes it
  }
  const reason = refusal instanceof Error ? `${refusal.name}: ${refusal.message}` : jsonText(refusal, 0, maxReason)
  return { path: "", what: `a value that cannot be copied (${reason})` }
}

/** Characters of a refusal that is no error. A guess: it ends in a message. */
const maxReason = 200

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
  // it holds parts that move, so a clone would fail with or without them; the parts were looked at
  if (moving.size > 0 && isContainer(value)) return undefined
  try {
    structuredClone(value)
    return undefined
  } catch {
    return isContainer(value) ? { path, ...uncommon(value) } : { path, what: describe(value) }
  }
}

/** It looks like plain data, all its parts can be cloned, and it cannot. */
const uncommon = (value: object): Pick<Uncloneable, "what" | "fix"> => {
  switch (Object.prototype.toString.call(value)) {
    case "[object Arguments]":
      return { what: "the arguments object of a function", fix: "Send an array: Array.from(arguments)" }
    case "[object Module]":
      return { what: "a module", fix: "Send the values that it exports" }
    default:
      return { what: "a Proxy", fix: "Send a copy of what is behind it, as { ...proxy }" }
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

// --- the parts that are to move -------------------------------------------------------------------------------------

const fixes = {
  detached: "Its memory is gone from this thread: send it once, or send a copy of it (slice())",
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

/** Why a transfer list refuses it. The value of the trial cannot be cloned in any case, so the trial moves nothing. */
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
