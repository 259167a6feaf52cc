/**
 * One computation of 50 ms beside a crowd that waits: who waits for it, and how long.
 */
import { Effect } from "effect"
import { times } from "../scenario/measured.ts"
import type { Scenario } from "../scenario/Scenario.ts"
import * as side from "../scenario/side.ts"

const program = new URL("./program.ts", import.meta.url)

/** Sockets: two descriptors each, and many machines allow 4,096 and fewer; fibers for the rest. */
const crowds = { full: { fibers: 100_000, sockets: 1000 }, short: { fibers: 10_000, sockets: 100 } } as const

const bounds = { full: { giveway: 5, asyncOnly: 50 }, short: { giveway: 25, asyncOnly: 30 } } as const

export const burst: Scenario = {
  name: "burst",
  claim: "A computation of 50 ms makes nobody wait for more than a slice or two, however many wait.",
  run: Effect.fnUntraced(function* (form, tell) {
    const { fibers, sockets } = crowds[form]
    const run = (name: string) =>
      Effect.scoped(
        Effect.gen(function* () {
          yield* tell(`${name}: ${fibers} fibers and ${sockets} sockets wait`)
          const { first } = yield* side.start({ program, args: [name, String(fibers), String(sockets)] })
          const { maxMs, p50Ms, p99Ms } = first as Readonly<Record<"maxMs" | "p50Ms" | "p99Ms", number>>
          return { fibers, sockets, p50Ms, p99Ms, maxMs }
        })
      )
    const asyncOnly = yield* run("async-only")
    const giveway = yield* run("giveway")
    return {
      asyncOnly,
      giveway,
      peers: {},
      ratio: times(asyncOnly.p99Ms, giveway.p99Ms),
      holds: giveway.p99Ms <= bounds[form].giveway && asyncOnly.maxMs >= bounds[form].asyncOnly,
      plot: {
        title: "How long a crowd waits for one computation of 50 ms",
        x: "share of the waits, %",
        y: "at most, ms",
        lines: [asyncOnly, giveway].map((figures, index) => ({
          side: index === 0 ? "async-only" : "giveway",
          points: [
            [50, figures.p50Ms],
            [99, figures.p99Ms],
            [100, figures.maxMs]
          ] as const
        }))
      }
    }
  })
}
