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
  ["  of it the service", ({ saturated }) => percent(saturated.cpu.servicePercent ?? 0)],
  ["  of it the load generator", ({ saturated }) => percent(saturated.cpu.generatorPercent)],
  ["  of it everything else", ({ saturated: { cpu } }) => percent(others(cpu))],
  ["stalls seen", ({ stalls }) => String(stalls.seen)],
  ["failed or unanswered", (figures) => String(failures(figures))]
]

/** The kernel's own work, and whatever else runs on this machine. */
const others = ({ allPercent, generatorPercent, servicePercent }: Figures["saturated"]["cpu"]): number =>
  Math.max(0, allPercent - generatorPercent - (servicePercent ?? 0))

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

/** Percent of the machine that others may take before the figures say little. A guess; on a quiet machine it is 1 or 2. */
const tolerated = 15

/** What went wrong during the load, if anything did, one line each. */
export const problems = ({ idle, saturated, variant }: Figures): ReadonlyArray<string> => {
  const errors = [idle, saturated].flatMap(({ heavy, light }) => [light.firstError, heavy.firstError])
  const lines = errors.filter((error) => error !== null).map((error) => `a request failed: ${error}`)
  const stolen = others(saturated.cpu)
  if (stolen > tolerated) lines.push(`other programs took ${percent(stolen)} of the machine, so the figures say little`)
  return lines.map((line) => `${titles[variant]}: ${line}`)
}

/** The longest stall of a variant, as its watchdog reported it. */
export const starvation = ({ stalls, variant }: Figures): string =>
  stalls.worst === undefined
    ? `${titles[variant]}: no stall was seen.`
    : [
        `${titles[variant]}: the longest of ${stalls.seen} stalls, as Giveway's watchdog saw it:`,
        stalls.worst.report,
        ...stalls.worst.stack.map((frame) => `  ${frame}`)
      ].join("\n  ")
