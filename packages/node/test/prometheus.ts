/**
 * A strict reader of Prometheus' text format (version 0.0.4), for tests: it throws for a page that a strict reader refuses, and
 * for names that Prometheus' conventions forbid.
 */

export interface Family {
  readonly type: string
  readonly help: string | undefined
  /** by the text of the sample before its value */
  readonly samples: ReadonlyMap<string, number>
}

const types = new Set(["counter", "gauge", "histogram", "summary", "untyped"])

/** The suffixes that samples of a family may have. */
const suffixes: Readonly<Record<string, ReadonlyArray<string>>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"]
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/

/** Units that are no base units, as a part of a name. */
const otherUnits = /(^|_)(ms|us|ns|millis|milliseconds|microseconds|minutes|hours|kb|mb|kib|mib|percent)(_|$)/

const must = (is: boolean, line: string, why: string): void => {
  if (!is) throw new Error(`${why}: ${line}`)
}

/** The families of a page, in order. `ours`: begins the names that must keep to the conventions. */
export const read = (text: string, ours = "giveway_"): ReadonlyMap<string, Family> => {
  must(text === "" || text.endsWith("\n"), "", "the last line has no end")
  const families = new Map<string, { type: string; help: string | undefined; samples: Map<string, number> }>()
  const named = new Set<string>()
  let current: string | undefined
  let help: readonly [string, string] | undefined
  for (const line of text.split("\n").slice(0, -1)) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment !== null) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string]
      if (kind === "HELP") {
        must(!named.has(name), line, "a family comes twice")
        named.add(name)
        help = [name, rest]
        continue
      }
      must(types.has(rest), line, "an unknown type")
      must(!families.has(name), line, "a family is declared twice")
      families.set(name, { type: rest, help: help?.[0] === name ? help[1] : undefined, samples: new Map() })
      named.add(name)
      current = name
      continue
    }
    const sample = sampleLine.exec(line)
    must(sample !== null, line, "no sample")
    const [, name, labels = "", value] = sample as unknown as [string, string, string | undefined, string]
    const family = current === undefined ? undefined : families.get(current)
    must(family !== undefined, line, "a sample without a family")
    const allowed = suffixes[family!.type] ?? [""]
    must(
      allowed.some((suffix) => name === current + suffix),
      line,
      `a sample among those of ${current}`
    )
    const labelNames = Array.from(labels.matchAll(/(\w+)="(?:[^"\\\n]|\\["\\n])*"/g), ([, label]) => label)
    must(new Set(labelNames).size === labelNames.length, line, "a label twice")
    const number = value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value)
    must(value === "NaN" || !Number.isNaN(number), line, "no number")
    const key = `${name}${labels}`
    must(!family!.samples.has(key), line, "a sample twice")
    family!.samples.set(key, number)
  }
  for (const [name, family] of families) {
    must(family.samples.size > 0, name, "a family without samples")
    if (family.type === "histogram") checkHistogram(name, family)
    if (name.startsWith(ours)) checkName(name, family)
  }
  return families
}

/** Its buckets grow, the last is of all values, and it has a sum. */
const checkHistogram = (name: string, { samples }: Family): void => {
  const counts = new Map<string, Array<readonly [le: number, count: number]>>()
  for (const [key, value] of samples) {
    if (!key.startsWith(`${name}_bucket`)) continue
    const le = /[{,]le="([^"]*)"/.exec(key)?.[1]
    must(le !== undefined, key, "a bucket without le")
    const labels = key.slice(`${name}_bucket`.length).replace(/,?le="[^"]*"/, "")
    const known = counts.get(labels) ?? []
    counts.set(labels, [...known, [le === "+Inf" ? Infinity : Number(le), value]])
  }
  must(counts.size > 0, name, "a histogram without buckets")
  for (const [labels, buckets] of counts) {
    for (let i = 1; i < buckets.length; i++) {
      must(buckets[i]![0] > buckets[i - 1]![0] && buckets[i]![1] >= buckets[i - 1]![1], name, "buckets out of order")
    }
    const rest = labels === "{}" ? "" : labels
    must(buckets.at(-1)![0] === Infinity, name, "no bucket of all values")
    must(samples.get(`${name}_count${rest}`) === buckets.at(-1)![1], name, "another count than that of all values")
    must(samples.has(`${name}_sum${rest}`), name, "no sum")
  }
}

/** Prometheus' conventions for names: https://prometheus.io/docs/practices/naming/ */
const checkName = (name: string, { help, type }: Family): void => {
  must(help !== undefined, name, "no help")
  must(!otherUnits.test(name), name, "no base unit")
  must((type === "counter") === name.endsWith("_total"), name, "_total is for counters")
  must(!/_(sum|count|bucket)$/.test(name), name, "a suffix of samples")
  if (type === "histogram") must(name.endsWith("_seconds"), name, "no unit")
}
