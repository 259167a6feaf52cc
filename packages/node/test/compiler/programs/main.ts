/** A program of several modules for register.test.ts: prints its results as one line of JSON. */
import { FairScheduler, Pure } from "@giveway/core"
import * as Effect from "effect/Effect"
import { fails } from "./fails.ts"
import { triangle } from "./numbers.ts"

const forever = Pure.fn("forever", (): number => {
  let n: number = 0
  for (;;) n++
})

const total = Pure.fn("total", (n: number) => {
  let s = 0
  for (let i = 0; i < n; i++) s += triangle(i % 100)
  return s
})

const triangles = Pure.fn("triangles", triangle)
const failing = Pure.fn("failing", fails)

let closed = 0
const tidy = Pure.fn("tidy", (log: { closed: number }) => {
  try {
    for (;;);
  } finally {
    log.closed++
  }
})

const program = Effect.gen(function* () {
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const stopped = yield* Effect.timeoutOption(forever(), "500 millis")
  clearInterval(timer)
  const log = { closed }
  yield* Effect.timeoutOption(tidy(log), "20 millis")
  const sum = yield* total(200_000)
  const one = yield* triangles(2_000_000)
  const error = yield* Effect.flip(Effect.sandbox(failing(3_000_000)))
  const squashed = error.reasons[0]
  return {
    compiled: [forever, total, triangles, failing, tidy].map(Pure.isCompiled),
    stopped: stopped._tag,
    ticks,
    closed: log.closed,
    sum,
    one,
    stack: squashed !== undefined && "defect" in squashed ? (squashed.defect as Error).stack : String(squashed)
  }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))))
