/**
 * Work whose rounds suddenly are a thousand times dearer than they were: a budget of rounds says nothing of them. Prints
 * how long the longest pause of the loop was in each of eight runs, in ms; with `watched`, in more until the self-test of
 * the watching thread is over, 20 at most.
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
  for (let i = 0; i < cheap + dear; i++) sum += i < cheap ? i & 1 : spin(0.002)
  return sum
})

const isWatched = process.argv.includes("watched")

const slicesEndBy = Effect.gen(function* () {
  const supervision = yield* Effect.serviceOption(Supervision.Supervision)
  return Option.isSome(supervision) ? (yield* supervision.value.statistics).slicesEndBy : undefined
})

/** Whether there is nothing more to be seen. */
const isKnown = (runs: number, endBy: string | undefined): boolean =>
  runs >= 8 && (!isWatched || endBy !== undefined || runs === 20)

const program = Effect.gen(function* () {
  yield* Effect.sleep("200 millis")
  const longest: Array<number> = []
  while (!isKnown(longest.length, yield* slicesEndBy)) {
    let last = performance.now()
    let worst = 0
    const again = () => {
      const now = performance.now()
      worst = Math.max(worst, now - last)
      last = now
      immediate = setImmediate(again)
    }
    let immediate = setImmediate(again)
    yield* sudden(50_000_000, 100_000, busy)
    clearImmediate(immediate)
    longest.push(worst)
  }
  console.log(JSON.stringify({ compiled: Pure.isCompiled(sudden), longest, slicesEndBy: yield* slicesEndBy }))
})

const watched = isWatched ? NodeSysmon.layer({ logs: false }) : Layer.empty
await Effect.runPromise(program.pipe(Effect.provide(watched), Effect.provide(FairScheduler.layer())))
