/**
 * The program's own metrics in Prometheus's text format, the same text as `PrometheusMetrics.formatUnsafe` of Effect gives,
 * which a test compares. It differs where strict readers would refuse the page. Names that differ only in letters that
 * Prometheus does not have are one name there: then the first of two types keeps the name, and the first of two samples counts.
 *
 * Rejected: Effect's module. It imports the HTTP router, and loading that held the loop of every served process for 70 to
 * 170 ms, at the start or at the first scrape.
 */
import { safeLine } from "@giveway/core/Sysmon"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"

type Attributes = Metric.Metric.Snapshot["attributes"]

const nameOf = (id: string): string =>
  id
    .replace(/[^a-zA-Z0-9_:]/g, "_")
    .replace(/^(?=[0-9:])/, "_")
    .replace(/_+/g, "_")
    .replace(/_$/, "")

const labelOf = (key: string): string =>
  key
    .replace(/[^a-zA-Z0-9_]/g, "_")
    .replace(/^(?=[0-9])/, "_")
    .replace(/_+/g, "_")

/** A line feed has an escape of its own there. Other characters that a terminal would obey are shown by their numbers. */
const escaped = (text: string): string =>
  String(text).split("\n").map(safeLine).join("\n").replace(/\\/g, "\\\\").replace(/\n/g, "\\n")

const numberText = (value: number | bigint): string =>
  value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value)

/** `unit` and `time_unit` are for other exporters. */
const labels = (attributes: Attributes, key?: string, value?: string): string => {
  const pairs = new Map<string, string>()
  for (const [name, text] of Object.entries(attributes ?? {})) {
    if (name !== "unit" && name !== "time_unit") pairs.set(labelOf(name), text)
  }
  if (key !== undefined) pairs.set(key, value!)
  const texts = Array.from(pairs, ([name, text]) => `${name}="${escaped(text).replace(/"/g, '\\"')}"`)
  return texts.length === 0 ? "" : `{${texts.join(",")}}`
}

const types = { Counter: "counter", Gauge: "gauge", Histogram: "histogram", Summary: "summary", Frequency: "counter" }

const seriesOf = (name: string, { attributes, state, type }: Metric.Metric.Snapshot): Array<string> => {
  const totals = (sum: number, count: number): Array<string> => [
    `${name}_sum${labels(attributes)} ${numberText(sum)}`,
    `${name}_count${labels(attributes)} ${count}`
  ]
  switch (type) {
    case "Counter":
      return [`${name}${labels(attributes)} ${numberText(state.count)}`]
    case "Gauge":
      return [`${name}${labels(attributes)} ${numberText(state.value)}`]
    case "Frequency":
      return Array.from(state.occurrences, ([key, count]) => `${name}${labels(attributes, "key", key)} ${count}`)
    case "Histogram":
      return [
        ...state.buckets
          .filter(([bound]) => bound !== Infinity)
          .map(([bound, count]) => `${name}_bucket${labels(attributes, "le", String(bound))} ${count}`),
        `${name}_bucket${labels(attributes, "le", "+Inf")} ${state.count}`,
        ...totals(state.sum, state.count)
      ]
    case "Summary":
      return [
        ...state.quantiles.flatMap(([quantile, value]) =>
          value === undefined ? [] : [`${name}${labels(attributes, "quantile", String(quantile))} ${numberText(value)}`]
        ),
        ...totals(state.sum, state.count)
      ]
  }
}

/** The metrics of the program's registry, which `context` leads to, as text. */
export const render = (context: Context.Context<never>): string => {
  const typeOf = new Map<string, string>()
  const families = Map.groupBy(Metric.snapshotUnsafe(context), ({ id, type }) => {
    const name = nameOf(id) || "unnamed"
    if (!typeOf.has(name)) typeOf.set(name, type)
    return typeOf.get(name) === type ? name : `${name}_${type.toLowerCase()}`
  })
  const lines = Array.from(families).flatMap(([name, metrics]) => {
    const [{ description, type }] = metrics as [Metric.Metric.Snapshot]
    const samples = new Map<string, string>()
    for (const line of metrics.flatMap((metric) => seriesOf(name, metric))) {
      const series = line.slice(0, line.lastIndexOf(" "))
      if (!samples.has(series)) samples.set(series, line)
    }
    return [
      ...(description ? [`# HELP ${name} ${escaped(description)}`] : []),
      `# TYPE ${name} ${types[type]}`,
      ...samples.values()
    ]
  })
  return lines.map((line) => `${line}\n`).join("")
}
