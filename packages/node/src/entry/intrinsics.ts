/**
 * Whether the prototypes and constructors of the language are as they were: Effect is made of them, and so is this worker's loop.
 *
 * It is asked when a job has died, and between two jobs after 20 ms of work (`jobLoop.ts`): if a job has replaced such a method, the next ones
 * would die of that, for ever. Rejected: to ask after each job (some hundred comparisons), and to freeze them (polyfills replace some).
 *
 * **Invariant**: `broken` uses nothing that a job can have replaced.
 *
 * Decision 0123.
 */
const { getOwnPropertyDescriptor, ownKeys } = Reflect

const owners: ReadonlyArray<readonly [string, object]> = [
  ["Object", Object],
  ["Object.prototype", Object.prototype],
  ["Function.prototype", Function.prototype],
  ["Array", Array],
  ["Array.prototype", Array.prototype],
  ["the iterator of arrays", Object.getPrototypeOf([].values()) as object],
  ["String.prototype", String.prototype],
  ["Number", Number],
  ["Math", Math],
  ["JSON", JSON],
  ["Reflect", Reflect],
  ["Map.prototype", Map.prototype],
  ["Set.prototype", Set.prototype],
  ["WeakMap.prototype", WeakMap.prototype],
  ["Promise", Promise],
  ["Promise.prototype", Promise.prototype],
  ["RegExp.prototype", RegExp.prototype],
  ["Error.prototype", Error.prototype]
]

/** Globals that Effect names. */
const named = new Set<PropertyKey>(
  [
    "Object",
    "Function",
    "Array",
    "String",
    "Number",
    "BigInt",
    "Symbol",
    "Math",
    "JSON",
    "Map",
    "Set",
    "WeakMap"
  ].concat(["Promise", "RegExp", "Error", "Uint8Array", "Atomics", "Reflect", "Proxy"])
)

interface Known {
  readonly name: string
  readonly owner: object
  readonly key: PropertyKey
  readonly value: unknown
}

let known: Array<Known> = []

/** Takes what is there now for right. Modules of the program may have brought polyfills. */
export const remember = (): void => {
  known = []
  for (const [name, owner] of owners) {
    for (const key of ownKeys(owner)) {
      const value: unknown = getOwnPropertyDescriptor(owner, key)?.value
      if (typeof value === "function") known.push({ name: `${name}.${String(key)}`, owner, key, value })
    }
  }
  for (const key of named) {
    known.push({ name: String(key), owner: globalThis, key, value: getOwnPropertyDescriptor(globalThis, key)?.value })
  }
}

/** The name of one that was replaced; `undefined`: none was. */
export const broken = (): string | undefined => {
  for (let index = 0; index < known.length; index++) {
    const { key, name, owner, value } = known[index]!
    if (getOwnPropertyDescriptor(owner, key)?.value !== value) return name
  }
  return undefined
}
