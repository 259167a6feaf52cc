/**
 * The reported cliff: does p99 break when a fifth of the work computes? The demand for processor time is swept as a share of all cores.
 *
 * There is no cliff at 20 %: on the event loop p99 is one whole computation from the first heavy request on, and the queue grows without end
 * once one core is full.
 */
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { measured, times } from "../scenario/measured.ts"
import type { Line, Scenario } from "../scenario/Scenario.ts"

const program = new URL("./service.ts", import.meta.url)
const peer = new URL("./peer.ts", import.meta.url)
const sides = ["async-only", "pool", "giveway"] as const
const shares = { full: [0, 20, 40, 60, 80], short: [0, 60] } as const

/** Processor time of one heavy request, ms: below 580,000 on the machine of the results. */
const heavyMs = 50

/** p99 at the highest share over p99 at rest. The short form runs on busy machines. */
const bounds = { full: 3, short: 12 } as const

export const cliff: Scenario = {
  name: "cliff",
  claim: "However much of the work computes, light requests take as long as in an idle service.",
  run: Effect.fnUntraced(function* (form, tell) {
    const lines: Array<Line> = []
    for (const side of form === "short" ? (["async-only", "giveway"] as const) : sides) {
      const points: Array<readonly [number, number]> = []
      for (const share of shares[form]) {
        const load = {
          program: side === "pool" ? peer : program,
          args: [side],
          lightPerSecond: 200,
          heavyPerSecond: (share / 100) * availableParallelism() * (1000 / heavyMs)
        }
        const { result } = yield* measured(load, form, (text) => tell(`${share} % of ${text}`))
        points.push([share, Number((result.light.p99Ms ?? 10_000).toPrecision(3))])
      }
      lines.push({ side, points })
    }
    const figures = (side: string) =>
      Object.fromEntries(lines.find((line) => line.side === side)!.points.map(([x, y]) => [`p99MsAt${x}Percent`, y]))
    const growth = (side: string): number => {
      const { points } = lines.find((line) => line.side === side)!
      return times(points.at(-1)![1], points[0]![1])
    }
    const [asyncOnly, giveway] = [figures("async-only"), figures("giveway")]
    return {
      asyncOnly: { ...asyncOnly, growth: growth("async-only") },
      giveway: { ...giveway, growth: growth("giveway") },
      peers: form === "short" ? {} : { "a pool without priority": { ...figures("pool"), growth: growth("pool") } },
      ratio: times(growth("async-only"), growth("giveway")),
      holds: growth("giveway") <= bounds[form] && growth("async-only") > growth("giveway"),
      plot: {
        title: "Light requests while a share of the work computes",
        x: "demand for processor time, % of all cores",
        y: "p99, ms",
        lines
      }
    }
  })
}
