/**
 * Work whose rounds suddenly are thousands of times dearer than they were: a budget of rounds says nothing of them. Prints
 * how long the longest pause of the loop was in each of three runs, in ms. `watched` as an argument: with a watching thread.
 */
import { FairScheduler, Pure, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Effect, Layer, Option } from "effect"

const busy = (ms: number): number => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return 1
}

const sudden = Pure.fn("sudden", (cheap: number, dear: number, spin: (ms: number) => number) => {
  let sum = 0
  for (let i = 0; i < cheap + dear; i++) sum += i < cheap ? i & 1 : spin(0.02)
  return sum
})

const program = Effect.gen(function* () {
  yield* Effect.sleep("200 millis")
  const longest: Array<number> = []
  for (let round = 0; round < 3; round++) {
    let last = performance.now()
    let worst = 0
    const again = () => {
      const now = performance.now()
      worst = Math.max(worst, now - last)
      last = now
      immediate = setImmediate(again)
    }
    let immediate = setImmediate(again)
    yield* sudden(50_000_000, 10_000, busy)
    clearImmediate(immediate)
    longest.push(worst)
  }
  const supervision = yield* Effect.serviceOption(Supervision.Supervision)
  const statistics = Option.isSome(supervision) ? yield* supervision.value.statistics : undefined
  console.log(JSON.stringify({ compiled: Pure.isCompiled(sudden), longest, slicesEndBy: statistics?.slicesEndBy }))
})

const watched = process.argv.includes("watched") ? NodeSysmon.layer({ logs: false }) : Layer.empty
await Effect.runPromise(program.pipe(Effect.provide(watched), Effect.provide(FairScheduler.layer())))
