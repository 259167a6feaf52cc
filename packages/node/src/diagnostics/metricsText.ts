/**
 * The metrics of the diagnostics thread, in Prometheus's text format. The program's own metrics follow, as Effect formats
 * them.
 *
 * **Invariant.** Each family is declared once, with all its samples after it, and no sample comes twice: strict readers refuse
 * the whole page otherwise. Names and units are those of Prometheus' conventions: seconds, and `_total` of what only grows.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { Loop, Overview } from "./protocol.ts"
import { othersName } from "./shownUsage.ts"

/** Number and duration of the stalls that are over, by cause. */
type StallTotals = ReadonlyMap<string, { readonly count: number; readonly ms: number }>

/** So many names, those with most self time, have a series each. The others, maybe thousands, have one together. */
const seriesShown = 50

const escaped = (text: string): string => Sysmon.safeLine(text).replace(/\\/g, "\\\\").replace(/"/g, '\\"')

const labelled = (labels: Readonly<Record<string, string | undefined>>): string => {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${escaped(value)}"`]
  )
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

type Series = readonly [labels: Readonly<Record<string, string | undefined>>, value: number]

const family = (name: string, type: string, help: string, series: ReadonlyArray<Series>): string =>
  series.length === 0
    ? ""
    : [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...Array.from(merged(type, series), ([labels, value]) => `${name}${labels} ${value}`),
        ""
      ].join("\n")

/** Two pools number their workers alike, and a span may have any name: of samples with the same labels one is made. */
const merged = (type: string, series: ReadonlyArray<Series>): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const [labels, value] of series) {
    const text = labelled(labels)
    const known = found.get(text)
    found.set(text, known === undefined ? value : type === "counter" ? known + value : Math.max(known, value))
  }
  return found
}

const seconds = (ms: number): number => ms / 1000

const hog = (loop: Loop): ReadonlyArray<Series> => {
  if (loop.state === "turning") return []
  const { cause, fiberId, name, place } = loop.by
  const where = place === undefined ? undefined : `${place.file}:${place.line}`
  return [[{ cause, fiber: fiberId?.toString(), name, place: where }, 1]]
}

const selfTime = ({ usage }: Overview): ReadonlyArray<Series> => {
  const shown: Array<Series> = usage
    .slice(0, seriesShown)
    .map(({ name, selfMs }) => [{ name: name ?? "" }, seconds(selfMs)])
  const rest = usage.slice(seriesShown).reduce((sum, { selfMs }) => sum + selfMs, 0)
  return rest === 0 ? shown : [...shown, [{ name: othersName }, seconds(rest)]]
}

/** `counts`: one for each of `boundsMs`, and one for the values above. */
const histogram = (
  name: string,
  help: string,
  boundsMs: ReadonlyArray<number>,
  counts: ReadonlyArray<number>,
  sumMs: number
): string => {
  let below = 0
  const cumulated = counts.map((count) => (below += count))
  if (below === 0) return ""
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...boundsMs.map((bound, bucket) => `${name}_bucket{le="${seconds(bound)}"} ${cumulated[bucket]}`),
    `${name}_bucket{le="+Inf"} ${below}`,
    `${name}_sum ${seconds(sumMs)}`,
    `${name}_count ${below}`,
    ""
  ].join("\n")
}

/** The run delays of all names together. */
const runDelays = ({ delayBoundsMs, usage }: Overview): string => {
  const counts = [...delayBoundsMs, Infinity].map((_, bucket) =>
    usage.reduce((sum, { runDelays }) => sum + runDelays[bucket]!, 0)
  )
  const sumMs = usage.reduce((sum, { runDelayMs }) => sum + runDelayMs, 0)
  const help = "Seconds from ready to running, of slices that were queued"
  return histogram("giveway_run_delay_seconds", help, delayBoundsMs, counts, sumMs)
}

/** A text without some families. Each of these begins with a comment that names it; samples may stand without one. */
const without = (names: ReadonlySet<string>, text: string): string => {
  let family: string | undefined
  return text
    .split("\n")
    .filter((line) => {
      const declared = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1]
      if (declared !== undefined) family = declared
      else if (family !== undefined && !line.startsWith(family)) family = undefined
      return family === undefined || !names.has(family)
    })
    .join("\n")
}

/** The program counts stalls too, for collectors of its metrics. */
const stalls = "giveway_stalls_total"

/** `program`: the text of the program's own metrics, if it ever gave them. */
export const render = (
  overview: Overview,
  totals: StallTotals,
  lags: Sysmon.Lags,
  program: string | undefined
): string => {
  const { loop, pool, source, statistics } = overview
  const byCause = Array.from(totals)
  const lanes = new Map<string, number>()
  for (const { phase } of pool?.lanes ?? []) lanes.set(phase, (lanes.get(phase) ?? 0) + 1)
  const own = [
    family("giveway_loop_held", "gauge", "1 while the event loop of the main thread cannot turn", [
      [{}, loop.state === "held" ? 1 : 0]
    ]),
    family("giveway_loop_held_seconds", "gauge", "How long the event loop has been held by now", [
      [{}, loop.state === "held" ? seconds(loop.heldMs) : 0]
    ]),
    family("giveway_loop_lag_seconds", "gauge", "How late a timer of the loop is now", [[{}, seconds(overview.lagMs)]]),
    histogram(
      // a family has one type, and the gauge has the other name
      "giveway_loop_lateness_seconds",
      "How late timers of the loop were; an overdue timer is counted when it has fired",
      Sysmon.lagBoundsMs,
      lags.counts,
      lags.sumMs
    ),
    family("giveway_loop_hog_info", "gauge", "The holder of the event loop, in the labels", hog(loop)),
    family(
      stalls,
      "counter",
      "Stalls that are over, by cause",
      byCause.map(([cause, { count }]): Series => [{ cause }, count])
    ),
    family(
      "giveway_stalled_seconds_total",
      "counter",
      "Seconds in stalls that are over, by cause",
      byCause.map(([cause, { ms }]): Series => [{ cause }, seconds(ms)])
    ),
    family(
      "giveway_self_seconds_total",
      "counter",
      "Seconds that fibers ran, by span or Effect.fn",
      selfTime(overview)
    ),
    runDelays(overview),
    family(
      "giveway_answer_age_seconds",
      "gauge",
      "Age of the program's last answer, which giveway_fibers, giveway_slices_total and giveway_pool_workers come from",
      [[{ from: source.from }, seconds(source.ageMs)]]
    ),
    statistics === undefined
      ? ""
      : family("giveway_fibers", "gauge", "Live fibers", [[{}, statistics.liveFibers]]) +
        family("giveway_slices_total", "counter", "Slices that fibers ran", [[{}, statistics.slices]]),
    family(
      // the program has the number of threads as giveway_compute_workers
      "giveway_pool_workers",
      "gauge",
      "Workers of the pool, by phase",
      Array.from(lanes, ([phase, count]): Series => [{ phase }, count])
    ),
    family(
      "giveway_worker_held_seconds",
      "gauge",
      "How long the loop of a worker has not turned because of its job; 0 while the job waits",
      overview.working.map(({ heldMs, task, worker }): Series => [{ worker: String(worker), task }, seconds(heldMs)])
    )
  ].join("")
  const declared = new Set([stalls, ...Array.from(own.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name!)])
  return own + without(declared, program ?? "")
}
