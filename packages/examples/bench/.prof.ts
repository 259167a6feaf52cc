import { FairScheduler } from "@giveway/core"
import { Effect, Scheduler } from "effect"
const times = (n: number, effect: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let i = 0; i < n; i++) yield* effect
  })
const progs: Record<string, Effect.Effect<void>> = {
  promises: times(
    300_000,
    Effect.promise(() => Promise.resolve())
  ),
  ops: times(
    2_000_000,
    Effect.sync(() => undefined)
  ),
  yields: times(300_000, Effect.yieldNow)
}
const turn = process.argv[2]!
for (const [name, p] of Object.entries(progs)) {
  const d: number[] = [],
    o: number[] = []
  let st
  for (let i = 0; i < 9; i++) {
    for (const side of [0, 1]) {
      const s = side ? FairScheduler.make({ turn: Number(turn) }) : new Scheduler.MixedScheduler()
      const t = performance.now()
      await Effect.runPromise(Effect.provideService(p, Scheduler.Scheduler, s))
      const e = performance.now() - t
      if (i > 1) (side ? o : d).push(e)
      if (side) st = (s as any).statistics()
    }
  }
  const m = (x: number[]) => x.sort((a, b) => a - b)[x.length >> 1]!
  console.log(
    name,
    m(d).toFixed(0),
    m(o).toFixed(0),
    (m(o) / m(d)).toFixed(3),
    "min ratio",
    (o[0]! / d[0]!).toFixed(3),
    JSON.stringify(st)
  )
}
