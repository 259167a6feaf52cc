/**
 * The thumbnail service at saturation, async only beside Giveway: what `npm start` shows, in rounds that take turns, so
 * that a machine that changes its mind changes it for both. Medians of the rounds.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { defaultPlan, run as measure } from "../src/thumbnails/experiment.ts"
import type { Figures, Plan } from "../src/thumbnails/experiment.ts"
import { problems, table, verdict } from "../src/thumbnails/report.ts"
import type { Variant } from "../src/thumbnails/variants.ts"
import { median, round } from "./statistics.ts"

export const summary = "a service that waits and computes, saturated: light latency, throughput and CPU use"

/** Three of each fit in two minutes. */
const rounds = 3
const plan: Plan = { ...defaultPlan, idle: 4, saturated: 8, warmup: 2 }

const medianOf = (runs: ReadonlyArray<Figures>, value: (figures: Figures) => number | null): number =>
  round(median(runs.map((figures) => value(figures) ?? Number.NaN)))

const summarize = (runs: ReadonlyArray<Figures>) => ({
  lightP50Ms: medianOf(runs, ({ saturated }) => saturated.light.p50Ms),
  lightP99Ms: medianOf(runs, ({ saturated }) => saturated.light.p99Ms),
  heavyPerSec: medianOf(runs, ({ saturated }) => saturated.heavy.perSecond),
  cpuPercent: medianOf(runs, ({ saturated }) => saturated.cpu.allPercent)
})

export const run = async (log: (line: string) => void) => {
  const runs: Record<Variant, Array<Figures>> = { "async-only": [], giveway: [] }
  const quiet = () => Effect.void
  for (let index = 1; index <= rounds; index++) {
    for (const variant of ["async-only", "giveway"] as const) {
      runs[variant].push(
        await Effect.runPromise(measure(variant, plan, quiet).pipe(Effect.provide(NodeServices.layer)))
      )
    }
    const [before, after] = [runs["async-only"].at(-1)!, runs.giveway.at(-1)!]
    log(`round ${index} of ${rounds}\n\n${table([before, after])}\n`)
    for (const line of [...problems(before), ...problems(after), verdict(before, after)]) log(`${line}\n`)
  }
  return {
    bench: "hybrid",
    asyncOnly: summarize(runs["async-only"]),
    giveway: summarize(runs.giveway),
    idleLightP99Ms: medianOf(runs.giveway, ({ idle }) => idle.light.p99Ms)
  }
}
