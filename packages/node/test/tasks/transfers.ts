/**
 * Tasks whose schemas ask to move what they take, give or emit.
 */
import type { MessagePort } from "node:worker_threads"
import { Task, YieldPoint } from "@giveway/core"
import { Option, Schema } from "effect"
import * as Transferable from "effect/workers/Transferable"

const url = import.meta.url

export const Bytes = Transferable.Uint8Array

/** Adds up what moves here. */
export const total = Task.make(url, "total", { payload: Bytes, success: Schema.Number }, (bytes) =>
  bytes.reduce((total, byte) => total + byte, 0)
)

/** The same of a copy. */
export const totalOfCopy = Task.make(
  url,
  "totalOfCopy",
  { payload: Schema.Uint8Array, success: Schema.Number },
  (bytes) => bytes.reduce((total, byte) => total + byte, 0)
)

/** There and back, touching one byte. */
export const there = Task.make(url, "there", { payload: Bytes, success: Bytes }, (bytes) => {
  bytes[0] = 7
  return bytes
})

export const thereByCopy = Task.make(
  url,
  "thereByCopy",
  { payload: Schema.Uint8Array, success: Schema.Uint8Array },
  (bytes) => {
    bytes[0] = 7
    return bytes
  }
)

/** Beside a field that needs its JSON codec. */
export const labelled = Task.make(
  url,
  "labelled",
  {
    payload: Schema.Struct({ label: Schema.Option(Schema.String), image: Schema.Struct({ pixels: Bytes }) }),
    success: Schema.String
  },
  ({ image, label }) => `${Option.getOrElse(label, () => "none")} ${image.pixels.length}`
)

/** A buffer and two views of it, all named for transfer. */
export const views = Task.make(
  url,
  "views",
  {
    payload: Transferable.schema(
      Schema.Struct({ first: Schema.Uint8Array, second: Schema.Uint8Array }),
      ({ first, second }) => [first.buffer as ArrayBuffer, second.buffer as ArrayBuffer]
    ),
    success: Schema.Boolean
  },
  ({ first, second }) => first.buffer === second.buffer
)

/** Writes into memory that it shares with its caller. */
export const mark = Task.make(url, "mark", { payload: Bytes, success: Schema.Void }, (bytes) => {
  bytes[0] = 42
})

/** Says a word through a port of its own. */
export const speak = Task.make(
  url,
  "speak",
  { payload: Schema.Struct({ port: Transferable.MessagePort }), success: Schema.Void },
  ({ port }) => {
    ;(port as unknown as MessagePort).postMessage("hello")
  }
)

const kept = new Uint8Array(8)

/** Gives away what it would need again. */
export const careless = Task.make(
  url,
  "careless",
  { payload: Schema.Void, success: Schema.Struct({ kept: Bytes }) },
  () => ({ kept })
)

export const frames = Task.stream(url, "frames", { payload: Schema.Number, element: Bytes }, function* (count) {
  for (let i = 0; i < count; i++) yield new Uint8Array(1024).fill(i)
})

/** Holds its worker for so many ms, then measures what moved here. */
export const hold = Task.make(
  url,
  "hold",
  { payload: Schema.Struct({ ms: Schema.Number, bytes: Bytes }), success: Schema.Number },
  ({ bytes, ms }) => {
    const end = performance.now() + ms
    while (performance.now() < end) YieldPoint.check()
    return bytes.length
  }
)

/** Ends its worker. */
export const exit = Task.make(url, "exit", { payload: Bytes, success: Schema.Void }, () => {
  process.exit(3)
})
