import { FairScheduler } from "@giveway/core"
import { Effect, Scheduler } from "effect"
const times = (n: number, effect: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let i = 0; i < n; i++) yield* effect
  })
const progs: Record<string, Effect.Effect<void>> = {
  promises: times(
    20_000,
    Effect.promise(() => Promise.resolve())
  ),
  ops: times(
    100_000,
    Effect.sync(() => undefined)
  )
}
class Never extends Scheduler.MixedScheduler {
  override shouldYield() {
    return false
  }
}
const kinds: Record<string, () => Scheduler.Scheduler> = {
  mixed: () => new Scheduler.MixedScheduler(),
  never: () => new Never(),
  ours: () => FairScheduler.make({ turn: 4 }),
  oursHuge: () => FairScheduler.make({ turn: 10000, slice: 10000 })
}
for (const [name, p] of Object.entries(progs)) {
  const d: Record<string, number[]> = {}
  for (let i = 0; i < 150; i++)
    for (const [k, mk] of Object.entries(kinds)) {
      const s = mk()
      const t = performance.now()
      await Effect.runPromise(Effect.provideService(p, Scheduler.Scheduler, s))
      const e = performance.now() - t
      if (i > 20) (d[k] ??= []).push(e)
      await new Promise((r) => setImmediate(r))
    }
  for (const k in d) {
    const x = d[k]!.sort((a, b) => a - b)
    console.log(name, k, "p10", x[(x.length / 10) | 0]!.toFixed(3), "p50", x[x.length >> 1]!.toFixed(3))
  }
}
