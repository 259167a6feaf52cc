/**
 * What `npm start` prints at the end: one table, the two variants side by side, and what the watchdog said. Pure.
 */
import type { Figures } from "./experiment.ts"
import { titles } from "./variants.ts"

const ms = (value: number | null): string => (value === null ? "none" : `${value.toFixed(value < 100 ? 1 : 0)} ms`)
const percent = (value: number): string => `${value.toFixed(0)} %`

const rows: ReadonlyArray<readonly [label: string, cell: (figures: Figures) => string]> = [
  ["light requests, p50", ({ saturated }) => ms(saturated.light.p50Ms)],
  ["light requests, p99", ({ saturated }) => ms(saturated.light.p99Ms)],
  ["light requests, max", ({ saturated }) => ms(saturated.light.maxMs)],
  ["  p99 without heavy load", ({ idle }) => ms(idle.light.p99Ms)],
  ["thumbnails per second", ({ saturated }) => saturated.heavy.perSecond.toFixed(1)],
  ["CPU use of all cores", ({ saturated }) => percent(saturated.cpu.allPercent)],
  ["  of it the service", ({ saturated }) => percent(saturated.cpu.servicePercent)],
  ["  of it the load generator", ({ saturated }) => percent(saturated.cpu.generatorPercent)],
  ["stalls seen", ({ stats }) => String(stats.stalls.seen)],
  ["failed or unanswered", (figures) => String(failures(figures))]
]

const failures = ({ idle, saturated }: Figures): number =>
  [idle, saturated].reduce((sum, { heavy, light }) => sum + light.failed + light.unanswered + heavy.failed, 0)

/** The table: a column for each variant. */
export const table = (variants: ReadonlyArray<Figures>): string => {
  const cells = [["", ...variants.map(({ variant }) => titles[variant])]]
  for (const [label, cell] of rows) cells.push([label, ...variants.map(cell)])
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))))
    .map((row) => row.join("   ").trimEnd())
    .join("\n")
}

/** In a sentence: how the second variant stands to the first. Empty where something was not measured. */
export const verdict = (before: Figures, after: Figures): string => {
  const [slow, fast, idle] = [before.saturated.light.p99Ms, after.saturated.light.p99Ms, after.idle.light.p99Ms]
  if (slow === null || fast === null || idle === null || before.saturated.heavy.done === 0) return ""
  const heavy = after.saturated.heavy.perSecond / before.saturated.heavy.perSecond
  return (
    `${titles[after.variant]}: light p99 ${(fast / idle).toFixed(1)} × that without heavy load and ` +
    `${(slow / fast).toFixed(0)} × below ${titles[before.variant]}; ${heavy.toFixed(1)} × the thumbnails.`
  )
}

/** What went wrong during the load, if anything did, one line each. */
export const problems = ({ idle, saturated, variant }: Figures): ReadonlyArray<string> =>
  [idle, saturated].flatMap(({ heavy, light }) =>
    [light.firstError, heavy.firstError]
      .filter((error) => error !== null)
      .map((error) => `${titles[variant]}: a request failed: ${error}`)
  )

/** The longest stall of a variant, as its watchdog reported it. */
export const starvation = ({ stats, variant }: Figures): string =>
  stats.stalls.worst === undefined
    ? `${titles[variant]}: no stall was seen.`
    : `${titles[variant]}: the longest of ${stats.stalls.seen} stalls, as reported while it lasted:\n` +
      stats.stalls.worst.report.replaceAll(/^/gm, "  ")
