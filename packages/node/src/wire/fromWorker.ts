/**
 * Checks what arrives from a worker, before main uses it.
 *
 * The port is the worker loop's own (`ownPort.ts`), but the loop shares its thread with the program's tasks and all that they import. So a
 * message may be anything. One that is wrong is the fault of that worker, which main ends; it is no error of the program.
 *
 * **Invariant**: a message that passes has all the parts that main reads. Values that main only hands on (results, elements) are checked
 * by their schemas, and packed values by `unpack`, which takes whatever it is given.
 *
 * Decision 0123.
 */
import type { FromWorker, Outcome } from "@giveway/core/PlatformWorker"

type Check = (value: unknown) => boolean

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null
const isString: Check = (value) => typeof value === "string"
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value)
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isBoolean: Check = (value) => typeof value === "boolean"
const isAny: Check = () => true
const isBigInt: Check = (value) => typeof value === "bigint"

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

const either =
  (...checks: ReadonlyArray<Check>): Check =>
  (value) =>
    checks.some((check) => check(value))

const oneOf =
  (...values: ReadonlyArray<string>): Check =>
  (value) =>
    values.includes(value as string)

/** Holes count as `undefined`. */
const list =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return false
    for (let index = 0; index < value.length; index++) if (!check(value[index])) return false
    return true
  }

const pair =
  (first: Check, second: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1])

const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isObject(value)) return false
    for (const name of Object.keys(fields)) if (!fields[name]!(value[name])) return false
    return true
  }

/** An object that is one of several, by its tag. */
const tagged = (cases: Readonly<Record<string, Check>>): Check => {
  const known = new Map(Object.entries(cases))
  return (value) => isObject(value) && known.get(value["_tag"] as string)?.(value) === true
}

/** `unpack` takes whatever it is given. */
const isPacked = isAny

const isFields = list(pair(isString, isPacked))

const isCause = list(tagged({ Fail: record({ error: isPacked }), Die: record({ defect: isPacked }), Interrupt: isAny }))

const isLinks = list(record({ traceId: isString, spanId: isString, sampled: isBoolean }))

const isSignal = tagged({
  Log: record({
    time: isNumber,
    level: oneOf("All", "Fatal", "Error", "Warn", "Info", "Debug", "Trace", "None"),
    message: either(list(isPacked), isPacked),
    cause: isCause,
    annotations: isFields,
    spans: list(pair(isString, isNumber)),
    span: optional(isCount)
  }),
  SpanStart: record({
    span: isCount,
    parent: optional(isCount),
    name: isString,
    kind: oneOf("internal", "server", "client", "producer", "consumer"),
    startTime: isBigInt,
    sampled: isBoolean,
    root: isBoolean,
    links: isLinks
  }),
  SpanAttribute: record({ span: isCount, key: isString, value: isPacked }),
  SpanEvent: record({ span: isCount, name: isString, time: isBigInt, attributes: isFields }),
  SpanLinks: record({ span: isCount, links: isLinks }),
  SpanEnd: record({ span: isCount, endTime: isBigInt, cause: optional(isCause) }),
  LeftOut: record({ task: isString, lines: isCount, spans: isCount, bytes: isCount })
})

const uncloneable = record({ path: isString, what: isString, fix: optional(isString) })

const unsuccessful: Readonly<Record<string, Check>> = {
  Failure: isAny,
  Cancelled: isAny,
  JobDied: record({ cause: isPacked, ranMs: optional(isNumber) }),
  PayloadInvalid: record({ issue: isString }),
  ResultInvalid: record({ channel: oneOf("success", "error"), issue: isString }),
  ResultNotCloneable: uncloneable,
  TaskNotFound: record({ names: list(isString), reason: optional(isString) }),
  TaskModuleFailed: record({ cause: isPacked }),
  TaskLayerFailed: record({ cause: isPacked })
}

const isOutcomeValue = tagged({
  ...unsuccessful,
  Success: record({ ranMs: optional(isNumber) }),
  Batch: record({ values: Array.isArray, stopped: optional(tagged(unsuccessful)), ranMs: isNumber })
})

/** Whether it is the outcome of a job. */
export const isOutcome = (value: unknown): value is Outcome => isOutcomeValue(value)

const isShared =
  (leastBytes: number): Check =>
  (value) =>
    value instanceof SharedArrayBuffer && value.byteLength >= leastBytes

/** Bytes of a thread block and of a total, at least. */
const isWatchedBuffers: Check = (value) =>
  record({ block: isShared(512), totals: isShared(8), totalAt: isCount })(value) &&
  (value as { readonly totalAt: number }).totalAt % 8 === 0 &&
  (value as { readonly totalAt: number }).totalAt + 8 <=
    (value as { readonly totals: SharedArrayBuffer }).totals.byteLength

const isJob = isCount

/** More than any window, so that what is granted stays a number of 32 bits. */
const mostUnits = 2 ** 30

const isUnits: Check = (value) => isCount(value) && (value as number) <= mostUnits

const isMessage = tagged({
  Ready: record({
    complaints: list(isString),
    losses: list(isString),
    cold: list(record({ moduleUrl: isString, name: isString, cause: isPacked })),
    thread: optional(isCount),
    heapMb: isNumber
  }),
  Handlers: record({
    moduleUrl: isString,
    handlers: list(record({ task: isString, reason: optional(isString) }))
  }),
  Watched: record({ buffers: isWatchedBuffers }),
  Crashed: record({ cause: isPacked }),
  Stray: record({
    harm: tagged({
      Thrown: record({ task: optional(isString), cause: isPacked }),
      Replaced: record({ name: isString })
    })
  }),
  Done: record({ job: isJob, outcome: isOutcomeValue }),
  Elements: record({ job: isJob, elements: Array.isArray }),
  Signal: record({ job: isJob, signal: isSignal, units: isUnits }),
  Output: record({
    to: oneOf("stdout", "stderr"),
    chunk: (value) => typeof value === "string" || value instanceof Uint8Array,
    units: isUnits
  })
})

/** Whether it is a message of the worker's loop. */
export const isFromWorker = (value: unknown): value is FromWorker => value === null || isMessage(value)

/** A message that is none, in a few words. */
export const shown = (value: unknown): string => {
  if (!isObject(value)) return value === undefined ? "undefined" : `a ${typeof value}`
  const tag = value["_tag"]
  return typeof tag === "string"
    ? `an object with the tag ${JSON.stringify(tag.slice(0, 40))}`
    : "an object without a tag"
}
