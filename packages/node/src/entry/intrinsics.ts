/**
 * Whether the prototypes and constructors of the language, and the host's timers, clocks and bytes, are as they were: Effect is made of them, and
 * so is this worker's loop. A test reads all that runs on a worker, and fails for a global that is used and not looked at here.
 *
 * It is asked when a job has died, and between two jobs after 20 ms of work (`jobLoop.ts`): if a job has replaced such a method, the next ones
 * would die of that, for ever. Before each job only those are looked at that would make values wrong without an error (`valuesAreRight`): the
 * next job would get another payload than its caller has sent. Rejected: to ask for all before each job (some hundred comparisons), and to
 * freeze them (polyfills replace some).
 *
 * **Invariant**: `broken` and `valuesAreRight` use nothing that a job can have replaced.
 *
 * Decisions 0123, 0146.
 */
const { getOwnPropertyDescriptor, ownKeys } = Reflect

const owners: ReadonlyArray<readonly [string, object]> = [
  ["Object", Object],
  ["Object.prototype", Object.prototype],
  ["Function.prototype", Function.prototype],
  ["Array", Array],
  ["Array.prototype", Array.prototype],
  ["the iterator of arrays", Object.getPrototypeOf([].values()) as object],
  ["String", String],
  ["String.prototype", String.prototype],
  ["Number", Number],
  ["Math", Math],
  ["JSON", JSON],
  ["Reflect", Reflect],
  ["Map", Map],
  ["Map.prototype", Map.prototype],
  ["Set.prototype", Set.prototype],
  ["WeakMap.prototype", WeakMap.prototype],
  ["Promise", Promise],
  ["Promise.prototype", Promise.prototype],
  ["RegExp.prototype", RegExp.prototype],
  ["Error.prototype", Error.prototype],
  ["Symbol", Symbol],
  ["BigInt", BigInt],
  ["WeakSet.prototype", WeakSet.prototype],
  ["Date", Date],
  ["Date.prototype", Date.prototype],
  ["ArrayBuffer", ArrayBuffer],
  ["ArrayBuffer.prototype", ArrayBuffer.prototype],
  ["SharedArrayBuffer.prototype", SharedArrayBuffer.prototype],
  ["DataView.prototype", DataView.prototype],
  ["the prototype of typed arrays", Object.getPrototypeOf(Uint8Array.prototype) as object],
  ["Buffer", Buffer],
  ["Buffer.prototype", Buffer.prototype],
  ["TextEncoder.prototype", TextEncoder.prototype],
  ["TextDecoder.prototype", TextDecoder.prototype],
  ["AbortController.prototype", AbortController.prototype],
  ["the prototype of performance", Object.getPrototypeOf(performance) as object]
]

/** Globals that Effect or this package names, of the language and of the host. */
const named = new Set<PropertyKey>(
  ["Object", "Function", "Array", "String", "Number", "BigInt", "Symbol", "Math", "JSON", "Map", "Set", "WeakMap"]
    .concat(["Promise", "RegExp", "Error", "Uint8Array", "Atomics", "Reflect", "Proxy", "WeakRef", "WeakSet"])
    .concat(["AggregateError", "RangeError", "TypeError", "Date", "ArrayBuffer", "SharedArrayBuffer", "DataView"])
    .concat(["Int32Array", "Uint16Array", "Uint32Array", "Float64Array", "Buffer", "TextEncoder", "TextDecoder"])
    .concat(["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"])
    .concat(["queueMicrotask", "structuredClone", "performance", "process", "MessageChannel", "AbortController"])
    .concat(["decodeURIComponent", "URL"])
)

/** Properties that are missing, and would hide others if they were there. */
const shadows: ReadonlyArray<readonly [string, object, PropertyKey]> = [["performance.now", performance, "now"]]

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
  for (const key of named) known.push({ name: String(key), owner: globalThis, key, value: valueAt(globalThis, key) })
  for (const [name, owner, key] of shadows) known.push({ name, owner, key, value: valueAt(owner, key) })
}

/** Some globals of Node are getters, until they are replaced. */
const valueAt = (owner: object, key: PropertyKey): unknown => {
  const found = getOwnPropertyDescriptor(owner, key)
  return found === undefined ? undefined : (found.value ?? found.get)
}

/** The name of one that was replaced; `undefined`: none was. */
export const broken = (): string | undefined => {
  for (let index = 0; index < known.length; index++) {
    const { key, name, owner, value } = known[index]!
    if (valueAt(owner, key) !== value) return name
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
const host = globalThis
const clock = performance
const date = Date
const bufferPrototype = Buffer.prototype
const viewPrototype = DataView.prototype
const encoderPrototype = TextEncoder.prototype
const decoderPrototype = TextDecoder.prototype

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
  sliceText: stringPrototype.slice,
  setTimeout: host.setTimeout,
  clearTimeout: host.clearTimeout,
  setImmediate: host.setImmediate,
  queueMicrotask: host.queueMicrotask,
  structuredClone: host.structuredClone,
  Date: host.Date,
  dateNow: date.now,
  now: clock.now,
  write: bufferPrototype.write,
  toString: bufferPrototype.toString,
  getInt32: viewPrototype.getInt32,
  setInt32: viewPrototype.setInt32,
  getFloat64: viewPrototype.getFloat64,
  setFloat64: viewPrototype.setFloat64,
  getUint16: viewPrototype.getUint16,
  setUint16: viewPrototype.setUint16,
  encode: encoderPrototype.encode,
  decode: decoderPrototype.decode
})

let right = taken()

/** Hot. Whether the ways to read and to make values, the timers and the clocks are as they were when they were remembered. */
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
  stringPrototype.slice === right.sliceText &&
  host.setTimeout === right.setTimeout &&
  host.clearTimeout === right.clearTimeout &&
  host.setImmediate === right.setImmediate &&
  host.queueMicrotask === right.queueMicrotask &&
  host.structuredClone === right.structuredClone &&
  host.Date === right.Date &&
  date.now === right.dateNow &&
  clock.now === right.now &&
  bufferPrototype.write === right.write &&
  bufferPrototype.toString === right.toString &&
  viewPrototype.getInt32 === right.getInt32 &&
  viewPrototype.setInt32 === right.setInt32 &&
  viewPrototype.getFloat64 === right.getFloat64 &&
  viewPrototype.setFloat64 === right.setFloat64 &&
  viewPrototype.getUint16 === right.getUint16 &&
  viewPrototype.setUint16 === right.setUint16 &&
  encoderPrototype.encode === right.encode &&
  decoderPrototype.decode === right.decode
