/**
 * The metrics of the diagnostics thread, in Prometheus's text format. The program's own metrics follow, as Effect formats
 * them.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { Loop, Overview } from "./protocol.ts"

/** Number and duration of the stalls that are over, by cause. */
type StallTotals = ReadonlyMap<string, { readonly count: number; readonly ms: number }>

/** So many names, those with most self time, have a series each. The others, maybe thousands, have one together. */
const seriesShown = 50

const escaped = (text: string): string => text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")

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
        ...series.map(([labels, value]) => `${name}${labelled(labels)} ${value}`),
        ""
      ].join("\n")

const hog = (loop: Loop): ReadonlyArray<Series> => {
  if (loop.state === "turning") return []
  const { cause, fiberId, name, place } = loop.by
  const where = place === undefined ? undefined : `${place.file}:${place.line}`
  return [[{ cause, fiber: fiberId?.toString(), name, place: where }, 1]]
}

const selfTime = ({ usage }: Overview): ReadonlyArray<Series> => {
  const shown: Array<Series> = usage.slice(0, seriesShown).map(({ name, selfMs }) => [{ name: name ?? "" }, selfMs])
  const rest = usage.slice(seriesShown).reduce((sum, { selfMs }) => sum + selfMs, 0)
  return rest === 0 ? shown : [...shown, [{ name: "(others)" }, rest]]
}

/** `counts`: one for each of `bounds`, and one for the values above. */
const histogram = (
  name: string,
  help: string,
  bounds: ReadonlyArray<number>,
  counts: ReadonlyArray<number>,
  sum?: number
): string => {
  let below = 0
  const cumulated = counts.map((count) => (below += count))
  if (below === 0) return ""
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...bounds.map((bound, bucket) => `${name}_bucket{le="${bound}"} ${cumulated[bucket]}`),
    `${name}_bucket{le="+Inf"} ${below}`,
    ...(sum === undefined ? [] : [`${name}_sum ${sum}`]),
    `${name}_count ${below}`,
    ""
  ].join("\n")
}

/** The run delays of all names together. */
const runDelays = ({ delayBoundsMs, usage }: Overview): string => {
  const counts = [...delayBoundsMs, Infinity].map((_, bucket) =>
    usage.reduce((sum, { runDelays }) => sum + runDelays[bucket]!, 0)
  )
  const help = "Milliseconds from ready to running, of slices that were queued"
  return histogram("giveway_run_delay_ms", help, delayBoundsMs, counts)
}

/** A text without one family: the program counts stalls too, for those who export its metrics. */
const without = (name: string, text: string): string =>
  text.replaceAll(new RegExp(`^(# \\w+ )?${name}[ {].*\\n`, "gm"), "")

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
  return [
    family("giveway_loop_held", "gauge", "1 while the event loop of the main thread cannot turn", [
      [{}, loop.state === "held" ? 1 : 0]
    ]),
    family("giveway_loop_held_ms", "gauge", "How long the event loop has been held by now, in milliseconds", [
      [{}, loop.state === "held" ? loop.heldMs : 0]
    ]),
    family("giveway_loop_lag_ms", "gauge", "How late a timer of the loop is now, in milliseconds", [
      [{}, overview.lagMs]
    ]),
    histogram(
      // a family has one type, and the gauge has the other name
      "giveway_loop_lateness_ms",
      "How late timers of the loop were, in milliseconds; an overdue timer is counted when it has fired",
      Sysmon.lagBoundsMs,
      lags.counts,
      lags.sumMs
    ),
    family("giveway_loop_hog_info", "gauge", "The holder of the event loop, in the labels", hog(loop)),
    family(
      "giveway_stalls",
      "counter",
      "Stalls that are over, by cause",
      byCause.map(([cause, { count }]): Series => [{ cause }, count])
    ),
    family(
      "giveway_stalled_ms",
      "counter",
      "Milliseconds in stalls that are over, by cause",
      byCause.map(([cause, { ms }]): Series => [{ cause }, ms])
    ),
    family("giveway_self_ms", "counter", "Milliseconds that fibers ran, by span or Effect.fn", selfTime(overview)),
    runDelays(overview),
    family(
      "giveway_answer_age_ms",
      "gauge",
      "Age of the program's last answer, which giveway_fibers, giveway_slices and giveway_compute_workers come from, in milliseconds",
      [[{ from: source.from }, source.ageMs]]
    ),
    statistics === undefined
      ? ""
      : family("giveway_fibers", "gauge", "Live fibers", [[{}, statistics.liveFibers]]) +
        family("giveway_slices", "counter", "Slices that fibers ran", [[{}, statistics.slices]]),
    family(
      "giveway_compute_workers",
      "gauge",
      "Workers of the pool, by phase",
      Array.from(lanes, ([phase, count]): Series => [{ phase }, count])
    ),
    family(
      "giveway_worker_held_ms",
      "gauge",
      "How long the loop of a worker has not turned because of its job, in milliseconds; 0 while the job waits",
      overview.working.map(({ heldMs, task, worker }): Series => [{ worker: String(worker), task }, heldMs])
    ),
    without("giveway_stalls", program ?? "")
  ].join("")
}
