/**
 * How long do light requests wait while the pool is saturated? The same bare HTTP service (`measure/isolationServer.ts`)
 * on our pool with and without thread priority, and on piscina as it comes and with its threads as nice as ours. Four
 * connections always want a job of some 20 ms, there are as many workers as cores, and light requests come on a fixed
 * schedule from a process of their own. Fresh processes, rounds in turn, medians; `idle` is without the jobs.
 */
import type { LoadResult } from "../src/load/LoadReport.ts"
import { load, startServer } from "./measure/isolationClient.ts"
import { variants } from "./measure/isolationVariants.ts"
import type { VariantName } from "./measure/isolationVariants.ts"
import { median, round, table } from "./statistics.ts"

export const summary = "light requests while the pool is saturated: ours, with and without thread priority, and piscina"

export const hasQuick = true

/** Four of each take some three minutes. */
const plans = { full: { rounds: 4, idleMs: 2000, busyMs: 6000 }, quick: { rounds: 1, idleMs: 1000, busyMs: 3000 } }

interface Measured {
  readonly idle: LoadResult
  readonly busy: LoadResult
}

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const { busyMs, idleMs, rounds } = quick ? plans.quick : plans.full
  const names = Object.keys(variants) as ReadonlyArray<VariantName>
  const measured = new Map<VariantName, Array<Measured>>(names.map((name) => [name, []]))
  for (let index = 1; index <= rounds; index++) {
    for (const name of index % 2 === 0 ? names.toReversed() : names) {
      log(`round ${index} of ${rounds}: ${name}`)
      const { port, stop } = await startServer(variants[name])
      const idle = await load(port, idleMs, 0)
      const busy = await load(port, busyMs, 4)
      await stop()
      const failed = idle.light.failed + busy.light.failed + busy.heavy.failed
      if (failed > 0) log(`  ${failed} requests failed: ${busy.light.firstError ?? busy.heavy.firstError}`)
      measured.get(name)!.push({ idle, busy })
    }
  }
  const of = (name: VariantName, value: (measured: Measured) => number | null): number =>
    round(median(measured.get(name)!.map((each) => value(each) ?? Number.NaN)))
  const p99 = (name: VariantName): number => of(name, ({ busy }) => busy.light.p99Ms)
  const everyIdle = [...measured.values()].flat().map(({ idle }) => idle.light.p99Ms ?? Number.NaN)
  const rows = names.map((name): ReadonlyArray<string | number> => [
    name,
    of(name, ({ idle }) => idle.light.p99Ms),
    of(name, ({ busy }) => busy.light.p50Ms),
    p99(name),
    of(name, ({ busy }) => busy.heavy.perSecond)
  ])
  log("")
  log(table([["", "idle p99 ms", "saturated p50 ms", "saturated p99 ms", "jobs per s"], ...rows]))
  return {
    bench: "isolation",
    oursP99Ms: p99("ours"),
    noPriorityP99Ms: p99("noPriority"),
    piscinaP99Ms: p99("piscina"),
    piscinaNiceP99Ms: p99("piscinaNice"),
    idleP99Ms: round(median(everyIdle)),
    jobsPerSec: Object.fromEntries(names.map((name) => [name, of(name, ({ busy }) => busy.heavy.perSecond)]))
  }
}
