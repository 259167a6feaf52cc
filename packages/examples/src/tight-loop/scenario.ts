/**
 * A loop without an end in one request: the service lives, supervision names the line, and the deadline stops the loop.
 */
import { Effect } from "effect"
import { figuresOf, measured, times } from "../scenario/measured.ts"
import type { Scenario } from "../scenario/Scenario.ts"

const program = new URL("./service.ts", import.meta.url)
const load = { program, lightPerSecond: 200, heavyConnections: 1 } as const

/** ms of light p99 with the loop running all the time. */
const bounds = { full: 10, short: 40 } as const

const line = /`stuck` .*held the loop .* at \S*service\.ts:\d+ in spin/

export const tightLoop: Scenario = {
  name: "tight-loop",
  claim: "for (;;) in one fiber: the service answers, and the loop is named and stopped.",
  run: Effect.fnUntraced(function* (form, tell) {
    const dead = yield* measured({ ...load, args: ["async-only"] }, form, tell)
    const alive = yield* measured({ ...load, args: ["giveway"] }, form, tell)
    const named = line.exec(dead.said)?.[0]
    const [asyncOnly, giveway] = [figuresOf(dead), figuresOf(alive)]
    return {
      asyncOnly: { ...asyncOnly, named: named ?? null },
      giveway: { ...giveway, stoppedPerSecond: alive.result.heavy.perSecond },
      peers: {},
      ratio: times(asyncOnly.lightP99Ms, giveway.lightP99Ms),
      holds:
        giveway.lightP99Ms !== null &&
        giveway.lightP99Ms <= bounds[form] &&
        giveway.unanswered === 0 &&
        alive.result.heavy.done > 0 &&
        named !== undefined
    }
  })
}
