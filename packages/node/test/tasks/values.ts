/**
 * Tasks that take, give, fail with, emit and log values of all kinds.
 */
import { Task } from "@giveway/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const url = import.meta.url

/** Gives back what arrived, whatever it is. */
export const mirror = Task.make(url, "mirror", { payload: Schema.Unknown, success: Schema.Unknown }, (value) => value)

/** How many bytes arrived, and how many lie behind them. */
export const behind = Task.make(
  url,
  "behind",
  { payload: Schema.Uint8Array, success: Schema.Struct({ length: Schema.Number, behind: Schema.Number }) },
  (bytes) => ({ length: bytes.length, behind: bytes.buffer.byteLength })
)

const file = new Uint8Array(4096).fill(7)

export const part = Task.make(url, "part", { payload: Schema.Void, success: Schema.Uint8Array }, () =>
  file.subarray(8, 16)
)

export const fails = Task.make(
  url,
  "fails",
  { payload: Schema.Void, success: Schema.Void, error: Schema.Struct({ dump: Schema.Uint8Array }) },
  () => Effect.fail({ dump: file.subarray(8, 16) })
)

export const emits = Task.stream(
  url,
  "emits",
  { payload: Schema.Void, element: Schema.Struct({ at: Schema.Number, bytes: Schema.Uint8Array }) },
  function* () {
    for (let at = 0; at < 10; at++) yield { at, bytes: file.subarray(at, at + 4) }
  }
)

export const logs = Task.make(url, "logs", { payload: Schema.Void, success: Schema.Void }, () =>
  Effect.log(file.subarray(8, 16)).pipe(Effect.annotateLogs("at", Buffer.from("abc")))
)

export const takesBuffer = Task.make(
  url,
  "takesBuffer",
  { payload: Schema.Struct({ bytes: Schema.instanceOf(Buffer) }), success: Schema.Number },
  ({ bytes }) => bytes.length
)

export const givesBuffer = Task.make(
  url,
  "givesBuffer",
  { payload: Schema.Void, success: Schema.instanceOf(Buffer) },
  () => Buffer.from("abc")
)

class Mine {
  readonly mine = true
}

export const givesMine = Task.make(
  url,
  "givesMine",
  { payload: Schema.Void, success: Schema.instanceOf(Mine) },
  () => new Mine()
)
