/**
 * A search for faults in the installed version of Effect: small correct programs over each of its concurrent modules, under schedules of
 * all strategies, from several seeds. What it found is told in `docs/findings/README.md`.
 */
import { Interleavings } from "@giveway/core/testing"
import { Effect } from "effect"
import { flows } from "./effectSearch/flows.ts"
import { resources } from "./effectSearch/resources.ts"
import { signals } from "./effectSearch/signals.ts"

export const summary = "faults of the installed version of Effect, and schedules without any"
export const hasQuick = true

const seeds = [1, 2, 3]

/** Fibers that a stream forks are no program's to interrupt, so those trials interrupt the whole stream instead. */
const strategyOf = (module: string) =>
  module === "Stream" ? (["random", "pos", "pct", "urw", "fifo"] as const) : ("rotation" as const)

export const run = async (log: (line: string) => void, { quick }: { readonly quick: boolean }) => {
  const trials = [...signals, ...resources, ...flows]
  const found: Array<Record<string, unknown>> = []
  const clean: Record<string, number> = {}
  let schedules = 0
  for (const { module, name, program } of trials) {
    const strategy = strategyOf(module)
    let tried = 0
    let hit: Interleavings.InterleavingFailed | undefined
    for (const seed of quick ? seeds.slice(0, 1) : seeds) {
      const options = { seed, schedules: quick ? 2000 : 20_000, endless: "tooLong", strategy } as const
      const error = await Effect.runPromise(
        Effect.match(Interleavings.check(program, options), {
          onSuccess: () => undefined,
          onFailure: (failed) => failed
        })
      )
      if (error !== undefined && error._tag !== "InterleavingFailed") throw error
      tried += error?.schedule ?? options.schedules
      if (error === undefined) continue
      hit = error
      break
    }
    schedules += tried
    if (hit === undefined) {
      clean[module] = (clean[module] ?? 0) + tried
      log(`${module}: ${name}: nothing in ${tried} schedules`)
      continue
    }
    const { interruptions, kind, preemptions, problem, token } = hit
    found.push({ module, name, kind, problem, schedule: tried, preemptions, interruptions, token })
    log(`${module}: ${name}\n${hit.message}`)
  }
  return { bench: "effect-search", programs: trials.length, schedules, found, clean }
}
