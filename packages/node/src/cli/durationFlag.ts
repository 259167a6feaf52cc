/**
 * Durations as people type them after a flag: "50", "50ms", "1.5 s", "2 minutes". A plain number is milliseconds.
 */

const units: Readonly<Record<string, number>> = {
  "": 1,
  us: 1e-3,
  µs: 1e-3,
  micros: 1e-3,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000
}

/** Characters that a duration may have. A guess. */
const longest = 100

/** Milliseconds; `undefined` if the text is no duration. */
export const durationMs = (text: string): number | undefined => {
  // spaces without end would be tried twice
  if (text.length > longest) return undefined
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-zµ]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = units[match[2]!.toLowerCase()]
  const ms = unit === undefined ? undefined : Number(match[1]) * unit
  return ms !== undefined && Number.isFinite(ms) ? ms : undefined
}
