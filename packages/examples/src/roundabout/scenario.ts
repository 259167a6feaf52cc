/**
 * The first claim: coroutines alone leave cores idle and make everybody wait; fibers for waiting and threads for working use all cores and
 * answer light requests at once.
 */
import { Effect } from "effect"
import { figuresOf, measured, times } from "../scenario/measured.ts"
import type { Load } from "../scenario/measured.ts"
import type { Figures, Scenario } from "../scenario/Scenario.ts"
import { isHere } from "../scenario/side.ts"

const load = { lightPerSecond: 200, heavyConnections: 4 } as const
const program = new URL("./service.ts", import.meta.url)
const peer = new URL("./peer.py", import.meta.url)

/** Light p99 ten times lower, and the cores in use; in the short form the bounds only tell working from broken. */
const bounds = { full: { ratio: 10, cpuPercent: 95 }, short: { ratio: 3, cpuPercent: 0 } } as const

export const roundabout: Scenario = {
  name: "roundabout",
  claim: "A handler that fetches and then computes keeps all cores busy, and light requests still pass.",
  run: Effect.fnUntraced(function* (form, tell) {
    const side = (one: Omit<Load, "lightPerSecond">) => Effect.map(measured({ ...load, ...one }, form, tell), figuresOf)
    const asyncOnly = yield* side({ program, args: ["async-only"] })
    const giveway = yield* side({ program, args: ["giveway"] })
    const peers: Record<string, Figures | string> = {}
    for (const [name, how] of [
      ["asyncio", "loop"],
      ["asyncio, threads", "threads"]
    ] as const) {
      peers[name] =
        form === "short"
          ? "not in the short form"
          : isHere("python3")
            ? yield* side({ program: peer, command: "python3", args: [how] })
            : "python3 is not here"
    }
    const ratio = times(asyncOnly.lightP99Ms, giveway.lightP99Ms)
    const holds = ratio >= bounds[form].ratio && (giveway.cpuPercent ?? 0) >= bounds[form].cpuPercent
    return { asyncOnly, giveway, peers, ratio, holds }
  })
}
