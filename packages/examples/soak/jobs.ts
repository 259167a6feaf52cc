/**
 * The jobs of the soak: many that are small and right, few that are trouble.
 *
 * Some write into a **ledger**, memory shared with the soak, one line per job: how often it began, how often it ended (or
 * its finalizer ran), and a beat while it runs. What the ledger says no lost or doubled answer can hide.
 */
import * as Task from "@giveway/core/Task"
import * as YieldPoint from "@giveway/core/YieldPoint"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash, pbkdf2Sync } from "node:crypto"

const url = import.meta.url

/** Cells of a line of the ledger. */
export const Cell = { began: 0, ended: 1, beats: 2, size: 3 } as const

const Line = Schema.Struct({ ledger: Schema.instanceOf(SharedArrayBuffer), line: Schema.Int })

const count = ({ ledger, line }: typeof Line.Type, cell: "began" | "beats" | "ended"): void => {
  Atomics.add(new Int32Array(ledger), line * Cell.size + Cell[cell], 1)
}

/** An answer that belongs to one job only. */
export const mix = (id: number, salt: number): number => Math.imul(id ^ (salt << 16), 0x9e3779b1) | 0

const Small = Schema.Struct({ id: Schema.Int, salt: Schema.Int })

export const small = Task.make(url, "small", { payload: Small, success: Schema.Int }, ({ id, salt }) => mix(id, salt))

export const counted = Task.make(
  url,
  "counted",
  { payload: Schema.Struct({ ...Small.fields, at: Line }), success: Schema.Int },
  ({ at, id, salt }) => {
    count(at, "began")
    const answer = mix(id, salt)
    count(at, "ended")
    return answer
  }
)

export const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

export const large = Task.make(url, "large", { payload: Schema.Uint8Array, success: Schema.String }, digest)

export class Person extends Schema.Class<Person>("soak/Person")({ name: Schema.String, born: Schema.Date }) {}

const Rich = Schema.Struct({ person: Person, friend: Schema.Option(Person), at: Schema.Array(Schema.Date) })

/** What a structured clone alone would spoil. */
export const rich = Task.make(url, "rich", { payload: Rich, success: Rich }, (value) => {
  if (!(value.person instanceof Person)) throw new TypeError("no Person arrived")
  return value
})

export class Refused extends Schema.TaggedError<Refused>()("Refused", { id: Schema.Int }) {}

export const refuses = Task.make(
  url,
  "refuses",
  { payload: Schema.Int, success: Schema.Void, error: Refused },
  (id): Effect.Effect<void, Refused> => Effect.fail(new Refused({ id }))
)

export const throws = Task.make(url, "throws", { payload: Schema.Int, success: Schema.Void }, (id) => {
  throw new RangeError(`job ${id}`)
})

export const sleeps = Task.make(
  url,
  "sleeps",
  { payload: Schema.Struct({ ...Small.fields, ms: Schema.Number }), success: Schema.Int },
  ({ id, ms, salt }) => Effect.as(Effect.sleep(ms), mix(id, salt))
)

/** Computes for a while, with yield points. */
export const cooperates = Task.make(
  url,
  "cooperates",
  { payload: Schema.Struct({ at: Line, ms: Schema.Number }), success: Schema.Number },
  ({ at, ms }) => {
    count(at, "began")
    const end = performance.now() + ms
    while (performance.now() < end) {
      YieldPoint.check()
      count(at, "beats")
    }
    count(at, "ended")
    return ms
  }
)

/** Waits for ever; what began has ended when its finalizer has run. */
export const waits = Task.make(url, "waits", { payload: Line, success: Schema.Void }, (at) =>
  Effect.acquireUseRelease(
    Effect.sync(() => count(at, "began")),
    () => Effect.never,
    () => Effect.sync(() => count(at, "ended"))
  )
)

/** Loops for ever, without a word of yield points: its worker puts one there. */
export const loops = Task.make(url, "loops", { payload: Line, success: Schema.Void }, (at) => {
  count(at, "began")
  for (;;) count(at, "beats")
})

/** Loops for ever in a getter, where nobody can put one: only a kill ends it. */
export const resists = Task.make(url, "resists", { payload: Line, success: Schema.Void }, (at) => {
  count(at, "began")
  const endless = {
    get beat(): never {
      for (;;) count(at, "beats")
    }
  }
  return endless.beat
})

/** A native call of some 200 ms, which no kill can cut short. */
export const native = Task.make(url, "native", { payload: Line, success: Schema.Int }, (at) => {
  count(at, "began")
  const { length } = pbkdf2Sync("a", "b", 500_000, 64, "sha512")
  count(at, "ended")
  return length
})

export const exits = Task.make(url, "exits", { payload: Schema.Int, success: Schema.Void }, (code) => {
  process.exit(code)
})

export const exhausts = Task.make(url, "exhausts", { payload: Schema.Void, success: Schema.Int }, () => {
  const kept: Array<Array<number>> = []
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i * 1.5))
})

/** Throws where no fiber can catch it. */
export const throwsLater = Task.make(url, "throwsLater", { payload: Schema.Int, success: Schema.Void }, (id) =>
  Effect.callback<void>(() => {
    setTimeout(() => {
      throw new RangeError(`job ${id}`)
    })
  })
)

/** Logs many lines, each with a name that means harm, and answers. */
export const floods = Task.make(
  url,
  "floods",
  { payload: Schema.Struct({ ...Small.fields, lines: Schema.Int, text: Schema.String }), success: Schema.Int },
  ({ id, lines, salt, text }) =>
    Effect.as(
      Effect.forEach(
        Array.from({ length: lines }),
        () => Effect.annotateLogs(Effect.logInfo(`flood ${text}`), "text", text),
        { discard: true }
      ),
      mix(id, salt)
    )
)

/** Takes anything, and returns it or a function. */
export const echoes = Task.make(url, "echoes", { payload: Schema.Unknown, success: Schema.Unknown }, (payload) =>
  payload === "a function" ? { handler: () => 1 } : payload
)

/** Emits so many answers, some of them together. */
export const emits = Task.stream(
  url,
  "emits",
  { payload: Schema.Struct({ id: Schema.Int, elements: Schema.Int }), element: Schema.Int },
  ({ elements, id }) =>
    Stream.range(1, elements).pipe(
      Stream.map((n) => mix(id, n)),
      Stream.rechunk(3)
    )
)

/** Emits for ever; what began has ended when its finalizer has run. */
export const emitsOn = Task.stream(
  url,
  "emitsOn",
  { payload: Schema.Struct({ id: Schema.Int, at: Line }), element: Schema.Int },
  ({ at, id }) =>
    Stream.range(1, Infinity).pipe(
      Stream.map((n) => mix(id, n)),
      Stream.onStart(Effect.sync(() => count(at, "began"))),
      Stream.ensuring(Effect.sync(() => count(at, "ended")))
    )
)
