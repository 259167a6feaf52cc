/**
 * A synchronous call of 100 ms in the event loop: seen, then mended in two ways.
 */
import { Effect } from "effect"
import { figuresOf, measured, times } from "../scenario/measured.ts"
import type { Scenario } from "../scenario/Scenario.ts"

const program = new URL("./service.ts", import.meta.url)
const load = { program, lightPerSecond: 200, heavyPerSecond: 2 } as const

/** Moved: over the idle p99. Sliced: ms over the idle p99, two slices of a millisecond. */
const bounds = { full: { moved: 2, slicedMs: 2 }, short: { moved: 8, slicedMs: 30 } } as const

const line = /`report` .*held the loop .* at \S*primes\.ts:\d+ in primes/

export const blockedLoop: Scenario = {
  name: "blocked-loop",
  claim: "A synchronous call of 100 ms is named with its line; moved to a thread or sliced, nobody waits for it.",
  run: Effect.fnUntraced(function* (form, tell) {
    const idle = figuresOf(yield* measured({ ...load, heavyPerSecond: 0, args: ["moved"] }, form, tell))
    const blocked = yield* measured({ ...load, args: ["async-only"] }, form, tell)
    const moved = figuresOf(yield* measured({ ...load, args: ["moved"] }, form, tell))
    const sliced = figuresOf(yield* measured({ ...load, args: ["sliced"] }, form, tell))
    const named = line.exec(blocked.said)?.[0]
    const asyncOnly = figuresOf(blocked)
    const { moved: over, slicedMs } = bounds[form]
    return {
      asyncOnly: { ...asyncOnly, named: named ?? null },
      giveway: {
        idleP99Ms: idle.lightP99Ms,
        movedP99Ms: moved.lightP99Ms,
        slicedP99Ms: sliced.lightP99Ms,
        movedMaxMs: moved.lightMaxMs,
        slicedMaxMs: sliced.lightMaxMs
      },
      peers: {},
      ratio: times(asyncOnly.lightP99Ms, moved.lightP99Ms),
      holds:
        named !== undefined &&
        times(moved.lightP99Ms, idle.lightP99Ms) <= over &&
        (sliced.lightP99Ms ?? Infinity) <= (idle.lightP99Ms ?? 0) + slicedMs
    }
  })
}
