/**
 * Whether the prototypes and constructors of the language are as they were: Effect is made of them, and so is this worker's loop.
 *
 * It is asked when a job has died, and between two jobs after 20 ms of work (`jobLoop.ts`): if a job has replaced such a method, the next ones
 * would die of that, for ever. Before each job only those are looked at that would make values wrong without an error (`valuesAreRight`): the
 * next job would get another payload than its caller has sent. Rejected: to ask for all before each job (some hundred comparisons), and to
 * freeze them (polyfills replace some).
 *
 * **Invariant**: `broken` and `valuesAreRight` use nothing that a job can have replaced.
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
/** Properties of `Object.prototype`: each object seems to have one that is added. */
let objectKeys = 0

/** Takes what is there now for right. Modules of the program may have brought polyfills. */
export const remember = (): void => {
  known = []
  objectKeys = ownKeys(Object.prototype).length
  right = taken()
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
  return ownKeys(objectPrototype).length === objectKeys ? undefined : "a property of Object.prototype"
}

const objectPrototype = Object.prototype
const array = Array
const arrayPrototype = Array.prototype
const iterator: typeof Symbol.iterator = Symbol.iterator
const iteratorPrototype = Object.getPrototypeOf([].values()) as { readonly next: unknown }
const object = Object
const json = JSON
const mapPrototype = Map.prototype
const setPrototype = Set.prototype
const stringPrototype = String.prototype

/** One read a line, whose place V8 remembers. */
const taken = () => ({
  values: arrayPrototype[iterator],
  next: iteratorPrototype.next,
  isArray: array.isArray,
  from: array.from,
  map: arrayPrototype.map,
  push: arrayPrototype.push,
  slice: arrayPrototype.slice,
  concat: arrayPrototype.concat,
  join: arrayPrototype.join,
  indexOf: arrayPrototype.indexOf,
  includes: arrayPrototype.includes,
  keys: object.keys,
  entries: object.entries,
  fromEntries: object.fromEntries,
  assign: object.assign,
  parse: json.parse,
  stringify: json.stringify,
  get: mapPrototype.get,
  set: mapPrototype.set,
  has: mapPrototype.has,
  setHas: setPrototype.has,
  charCodeAt: stringPrototype.charCodeAt,
  sliceText: stringPrototype.slice
})

let right = taken()

/** Hot. Whether the ways to read and to make values are as they were when they were remembered. */
export const valuesAreRight = (): boolean =>
  arrayPrototype[iterator] === right.values &&
  iteratorPrototype.next === right.next &&
  array.isArray === right.isArray &&
  array.from === right.from &&
  arrayPrototype.map === right.map &&
  arrayPrototype.push === right.push &&
  arrayPrototype.slice === right.slice &&
  arrayPrototype.concat === right.concat &&
  arrayPrototype.join === right.join &&
  arrayPrototype.indexOf === right.indexOf &&
  arrayPrototype.includes === right.includes &&
  object.keys === right.keys &&
  object.entries === right.entries &&
  object.fromEntries === right.fromEntries &&
  object.assign === right.assign &&
  json.parse === right.parse &&
  json.stringify === right.stringify &&
  mapPrototype.get === right.get &&
  mapPrototype.set === right.set &&
  mapPrototype.has === right.has &&
  setPrototype.has === right.setHas &&
  stringPrototype.charCodeAt === right.charCodeAt &&
  stringPrototype.slice === right.sliceText
