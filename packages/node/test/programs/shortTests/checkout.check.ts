/**
 * For doctor.test.ts: a short test file. Its types are gone when it runs, so its lines are others than here.
 */
import { Compute, Task, TestCompute } from "@giveway/core"
import { Effect, Schema } from "effect"
import { afterAll, expect, it } from "vitest"

interface Order {
  readonly total: number
}

let sink = 0

/** In this thread's own computing time, as in allowed.ts. */
const hold = (ms: number): number => {
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < ms * 1000) for (let i = 0; i < 100_000; i++) sink = (sink * 31 + i) | 0
  return ms
}

const checkout = (order: Order) =>
  Effect.sync(() => hold(300)).pipe(Effect.as(order.total), Effect.withSpan("checkout"))

const grind = Task.make(import.meta.url, "grind", { payload: Schema.Number, success: Schema.Number }, hold)

// Vitest kills the process after the last test: on a crowded machine the record of its stall would not be written in time
afterAll(() => new Promise((resolve) => setTimeout(resolve, 2000)))

it("checks out", async () => {
  expect(await Effect.runPromise(checkout({ total: 3 }))).toBe(3)
})

it("runs a job inline", async () => {
  expect(await Effect.runPromise(Effect.provide(Compute.run(grind, 300), TestCompute.layer))).toBe(300)
})
