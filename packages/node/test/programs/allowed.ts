/**
 * For doctor.test.ts: a program that supervises itself, blocks where it said it would, and once where it did not.
 */
import { Pure, Supervision } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect } from "effect"

/** In this thread's own computing time, as in stalls.ts. */
const hold = (ms: number): void => {
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < ms * 1000);
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
