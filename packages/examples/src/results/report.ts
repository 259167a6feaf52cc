/**
 * A scenario in words: whether its claim holds, and its figures side by side. Pure.
 */
import type { Figures, Seen } from "../scenario/Scenario.ts"

export interface Row extends Seen {
  readonly name: string
  readonly claim: string
}

/** `lightP99Ms` as `light p99, ms`. */
export const label = (name: string): string => {
  const words = name
    .replaceAll(/([A-Z]|\d+)/g, " $1")
    .toLowerCase()
    .replaceAll("p 5 0", "p50")
  return words
    .replaceAll(/\bp (\d+)/g, "p$1")
    .replace(/ ms\b(?=$)/, ", ms")
    .replace(/ ms at (\d+) percent/, " at $1 %, ms")
    .replace(/ percent$/, ", %")
    .trim()
}

export const cell = (value: number | string | null | undefined): string =>
  value === undefined || value === null ? "" : String(value)

/** Columns by side, the figures of all as rows. */
export const columns = ({ asyncOnly, giveway, peers }: Seen): ReadonlyArray<readonly [side: string, Figures]> => [
  ["async only", asyncOnly],
  ["Giveway", giveway],
  ...Object.entries(peers).map(([name, peer]) => [name, typeof peer === "string" ? { "": peer } : peer] as const)
]

export const cellsOf = (seen: Seen): ReadonlyArray<ReadonlyArray<string>> => {
  const sides = columns(seen)
  const names = Array.from(new Set(sides.flatMap(([, figures]) => Object.keys(figures))))
  return [
    ["", ...sides.map(([side]) => side)],
    ...names.map((name) => [label(name), ...sides.map(([, figures]) => cell(figures[name]))])
  ]
}

export const table = (seen: Seen): string => {
  const cells = cellsOf(seen)
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))))
    .map((row) => row.join("   ").trimEnd())
    .join("\n")
}

export const verdict = ({ claim, holds, name, ratio }: Row): string =>
  `${name}: ${claim}\n${holds ? "holds" : "does not hold"}, ratio ${ratio}`
