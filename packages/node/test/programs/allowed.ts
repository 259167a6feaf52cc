/**
 * For doctor.test.ts: a program that supervises itself, blocks where it said it would, and once where it did not.
 */
import { Pure, Supervision } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect } from "effect"

let sink = 0

/**
 * In this thread's own computing time, as in stalls.ts. It computes between two looks at that: a loop of looks alone spends
 * two thirds of its time in the kernel and more, and is rightly found to be a system call.
 */
const hold = (ms: number): void => {
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < ms * 1000) for (let i = 0; i < 100_000; i++) sink = (sink * 31 + i) | 0
}

const migrate = Effect.sync(() => hold(300)).pipe(
  Effect.withSpan("migrate"),
  Supervision.allowBlocking("once, at start")
)

const rank = Pure.fn("rank", function rank(ms: number): number {
  hold(ms)
  return ms
})

const program = Effect.gen(function* () {
  yield* Effect.sleep("100 millis")
  yield* migrate
  yield* Effect.sleep("100 millis")
  yield* Effect.withSpan(rank(300), "GET /rank")
  yield* Effect.sleep("200 millis")
})

Giveway.runMain(program, { sysmon: { logs: false } })
