/**
 * The thumbnail service at saturation, async only beside Giveway: what `npm start` shows, in rounds that take turns, so
 * that a machine that changes its mind changes it for both. Medians of the rounds.
 *
 * `limit` is what bare threads manage with the same computation and nothing beside it, one of them and one per core: no
 * service can be better. One thread already uses more than one core, because V8 collects its garbage on others, so the
 * limit of their ratio is below the number of cores.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import { defaultPlan, run as measure, widths } from "../src/thumbnails/experiment.ts"
import type { Figures, Plan } from "../src/thumbnails/experiment.ts"
import { problems, table, verdict } from "../src/thumbnails/report.ts"
import type { Variant } from "../src/thumbnails/variants.ts"
import { median, round } from "./statistics.ts"
import type { RenderLoop } from "./tasks/renderLoop.ts"

export const summary = "a service that waits and computes, saturated: light latency, throughput and CPU use"

/** Three of each fit in three minutes. */
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

const bareThread = (workerData: RenderLoop): Promise<number> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./tasks/renderLoop.ts", import.meta.url), { workerData })
    worker.once("message", resolve)
    worker.once("error", reject)
  })

/** Thumbnails per second of `threads` bare threads side by side. */
const limitOf = async (threads: number): Promise<number> => {
  const loop: RenderLoop = { warmupMs: 2000, measureMs: 4000, widths }
  const counts = await Promise.all(Array.from({ length: threads }, () => bareThread(loop)))
  return counts.reduce((sum, count) => sum + count, 0) / (loop.measureMs / 1000)
}

export const run = async (log: (line: string) => void) => {
  const runs: Record<Variant, Array<Figures>> = { "async-only": [], giveway: [] }
  const limits: { readonly one: Array<number>; readonly all: Array<number> } = { one: [], all: [] }
  const quiet = () => Effect.void
  for (let index = 1; index <= rounds; index++) {
    for (const variant of ["async-only", "giveway"] as const) {
      runs[variant].push(
        await Effect.runPromise(measure(variant, plan, quiet).pipe(Effect.provide(NodeServices.layer)))
      )
    }
    limits.one.push(await limitOf(1))
    limits.all.push(await limitOf(availableParallelism()))
    const [before, after] = [runs["async-only"].at(-1)!, runs.giveway.at(-1)!]
    log(`round ${index} of ${rounds}\n\n${table([before, after])}\n`)
    for (const line of [...problems(before), ...problems(after), verdict(before, after)]) log(`${line}\n`)
  }
  const limit = {
    threads: availableParallelism(),
    oneThreadPerSec: round(median(limits.one)),
    allThreadsPerSec: round(median(limits.all)),
    ratio: round(median(limits.all) / median(limits.one))
  }
  log(
    `Bare threads, nothing else: ${limit.oneThreadPerSec}/s with one, ${limit.allThreadsPerSec}/s with ` +
      `${limit.threads}, ${limit.ratio} × as many: the limit for what Giveway can gain over one thread.\n`
  )
  return {
    bench: "hybrid",
    asyncOnly: summarize(runs["async-only"]),
    giveway: summarize(runs.giveway),
    idleLightP99Ms: medianOf(runs.giveway, ({ idle }) => idle.light.p99Ms),
    limit
  }
}
