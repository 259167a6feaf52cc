/**
 * Exhaustive search counts what a formula counts: m fibers of k operations have (mk)! / (k!)^m interleavings.
 */
import { assert, describe, it } from "@effect/vitest"
import { Interleavings } from "@giveway/core/testing"
import { Effect, Fiber } from "effect"

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

const chain = (ids: Array<number>, id: number, operations: number): Effect.Effect<unknown> => {
  const step = Effect.sync(() => ids.push(id))
  let chained: Effect.Effect<unknown> = step
  for (let i = 1; i < operations; i++) chained = Effect.flatMap(chained, () => step)
  return chained
}

describe("all schedules", () => {
  it.effect.each([
    [2, 1],
    [2, 2],
    [2, 3],
    [2, 4],
    [2, 5],
    [3, 1],
    [3, 2],
    [3, 3],
    [4, 1],
    [4, 2]
  ])("of %d fibers", ([fibers, operations]) =>
    Effect.gen(function* () {
      const orders = new Map<string, number>()
      const program = Effect.suspend(() => {
        const ids: Array<number> = []
        const note = Interleavings.atEnd("noted", () => {
          const order = ids.join("")
          orders.set(order, (orders.get(order) ?? 0) + 1)
          return true
        })
        const started = Effect.forEach(Array.from({ length: fibers! }).keys(), (id) =>
          Effect.forkChild(chain(ids, id, operations!))
        )
        return Effect.andThen(note, Effect.flatMap(started, Fiber.joinAll))
      })
      const options = { strategy: "exhaustive", wholeRoot: true, schedules: 100_000 } as const
      const report = yield* Interleavings.check(program, options)
      const formula = factorial(fibers! * operations!) / factorial(operations!) ** fibers!
      assert.isTrue(report.complete)
      assert.strictEqual(orders.size, formula)
      assert.strictEqual(report.schedules, formula)
    })
  )
})
