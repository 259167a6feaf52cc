/**
 * As long as nobody runs long, programs run in the order of Effect's own scheduler: generated programs under both, on the
 * real event loop, with everything noted that they can observe. `order/steps.ts` has the programs, `order/meaning.ts` what
 * they do.
 *
 * The turn is 10 seconds here, so that no machine is too slow. `GIVEWAY_PROGRAMS` is how many programs are tried, `GIVEWAY_SEED`
 * with which seed (`random` for another one each time).
 */
import { assert, describe, it } from "@effect/vitest"
import { FairScheduler } from "@giveway/core"
import { Effect, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { meaning, world } from "./order/meaning.ts"
import type { Program } from "./order/steps.ts"
import { step } from "./order/steps.ts"

/** Everything that a program does under a scheduler, until nothing has happened for a while. */
const trace = async (
  programs: ReadonlyArray<Program>,
  scheduler: Scheduler.Scheduler
): Promise<ReadonlyArray<string>> => {
  const log: Array<string> = []
  const setUp = Effect.gen(function* () {
    const all = meaning(yield* world(log))
    yield* Effect.forEach(programs, (program, i) => Effect.forkChild(all(program, String(i))), { discard: true })
    for (let i = 0; i < 4; i++) {
      yield* TestClock.adjust(1)
      log.push(`the clock ${i + 1}`)
    }
    yield* Effect.never
  })
  const main = Effect.runFork(Effect.provide(Effect.scoped(setUp), TestClock.layer()), { scheduler })
  const rest = async (): Promise<void> => {
    for (let quiet = 0, seen = log.length; quiet < 12; quiet = log.length === seen ? quiet + 1 : 0) {
      seen = log.length
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await rest()
  main.interruptUnsafe()
  log.push("interrupted")
  await rest()
  return log
}

const programs = Number(process.env["GIVEWAY_PROGRAMS"] ?? 5000)
const seed = process.env["GIVEWAY_SEED"] === "random" ? Date.now() : Number(process.env["GIVEWAY_SEED"] ?? 12)

describe("as long as nobody runs long", () => {
  it(
    `${programs} programs run in the order of Effect's own scheduler`,
    { timeout: 120_000 + 20 * programs },
    async () => {
      const several = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(several, async (programs) => {
          const ours = FairScheduler.make({ turn: "10 seconds", slice: "10 seconds" })
          const expected = await trace(programs, new Scheduler.MixedScheduler())
          assert.deepStrictEqual(await trace(programs, ours), expected)
        }),
        { numRuns: programs, seed }
      )
    }
  )
})
