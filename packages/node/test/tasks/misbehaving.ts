/**
 * Tasks whose jobs flood, leave things behind, or break what others use.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { EventEmitter } from "node:events"
import { threadId } from "node:worker_threads"
import { Task } from "@giveway/core"
import { Effect, Schema } from "effect"
import { Shared } from "./jobs.ts"

const url = import.meta.url

/** The cells that count lines, tell what a job left behind to run, and say that it was run. */
export const Cell = { lines: 0, go: 1, ran: 2 } as const

const Flood = Schema.Struct({ shared: Shared, lines: Schema.Number })

export const logs = Task.make(url, "logs", { payload: Flood, success: Schema.Void }, ({ lines, shared }) =>
  Effect.gen(function* () {
    const cells = new Int32Array(shared)
    for (let n = 0; n < lines; n++) {
      yield* Effect.log(n)
      Atomics.add(cells, Cell.lines, 1)
    }
  })
)

export const spans = Task.make(url, "spans", { payload: Flood, success: Schema.Void }, ({ lines }) =>
  Effect.gen(function* () {
    for (let n = 0; n < lines; n++) yield* Effect.void.pipe(Effect.withSpan(`inner ${n}`), Effect.withSpan("outer"))
  })
)

/** Prints in a synchronous loop, then a text of many pieces. */
export const prints = Task.make(url, "prints", { payload: Flood, success: Schema.Void }, ({ lines, shared }) => {
  const cells = new Int32Array(shared)
  for (let n = 0; n < lines; n++) {
    console.log(n)
    Atomics.add(cells, Cell.lines, 1)
  }
  process.stdout.write("ä€😀".repeat(20_000))
  console.error("to standard error")
})

export const printsForEver = Task.make(url, "printsForEver", { payload: Shared, success: Schema.Void }, (shared) =>
  Effect.forever(
    Effect.sync(() => {
      console.log("a line")
      Atomics.add(new Int32Array(shared), Cell.lines, 1)
    })
  )
)

const left: Readonly<Record<string, (fail: () => Error) => void>> = {
  "a rejected promise": (fail) => void Promise.reject(fail()),
  "a timer that throws": (fail) => {
    throw fail()
  },
  "an interval that throws again and again": (fail) => {
    setInterval(() => {
      throw fail()
    }, 1)
  },
  "an emitter without a listener for its error": (fail) => void new EventEmitter().emit("error", fail())
}

export const kinds = Object.keys(left)

const Leaving = Schema.Struct({ shared: Shared, kind: Schema.String, waits: Schema.Boolean })

/** Leaves something behind that fails when it is told to. If it `waits`, its own caller is to hear of it. */
export const leaves = Task.make(
  url,
  "leaves",
  { payload: Leaving, success: Schema.Number },
  ({ kind, shared, waits }) => {
    const cells = new Int32Array(shared)
    const wait = () => {
      if (Atomics.load(cells, Cell.go) === 0) {
        setTimeout(wait, 1)
        return
      }
      left[kind]!(() => {
        Atomics.store(cells, Cell.ran, 1)
        return new Error(`left behind: ${kind}`)
      })
    }
    setTimeout(wait, 1)
    return waits ? Effect.never : Effect.succeed(threadId)
  }
)

/** Is over some turns of the loop after the other job's leftovers were run on this worker. */
export const innocent = Task.make(url, "innocent", { payload: Shared, success: Schema.Number }, (shared) =>
  Effect.gen(function* () {
    const cells = new Int32Array(shared)
    while (Atomics.load(cells, Cell.ran) === 0) yield* Effect.sleep(1)
    for (let n = 0; n < 5; n++) yield* Effect.sleep(2)
    return threadId
  })
)

const tenant = new AsyncLocalStorage<string>()

/** Enters a store, and says which one it began in. */
export const enters = Task.make(
  url,
  "enters",
  { payload: Schema.Struct({ name: Schema.String, yields: Schema.Boolean }), success: Schema.NullOr(Schema.String) },
  ({ name, yields }) =>
    Effect.gen(function* () {
      const before = tenant.getStore() ?? null
      tenant.enterWith(name)
      setImmediate(() => undefined)
      if (yields) yield* Effect.yieldNow
      return before
    })
)

export const evaluates = Task.make(url, "evaluates", { payload: Schema.String, success: Schema.Void }, (code) => {
  // oxlint-disable-next-line no-new-func
  new Function("globalThis", "process", code)(globalThis, process)
})
