/**
 * The few statistics that every benchmark reports, in one place, so that "p99" means the same everywhere.
 */

/** The `q` quantile (0 to 1) by nearest rank; `NaN` for no values. Sorts a copy. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)]!
}

/** The middle value. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

export const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** Twice the standard error of the mean: the true mean lies within this of theirs 19 times in 20, if they are many. */
export const margin = (values: ReadonlyArray<number>): number => {
  const mean = sum(values) / values.length
  const squares = sum(values.map((value) => (value - mean) ** 2))
  return 2 * Math.sqrt(squares / (values.length - 1) / values.length)
}

/** Rounds for printing; keeps `NaN`. */
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/** A plain text table: the first row is the header, numbers align right. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string | number>>): string => {
  const cells = rows.map((row) => row.map(String))
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row, index) =>
      row
        .map((cell, column) =>
          column > 0 && (index === 0 || typeof rows[index]![column] === "number")
            ? cell.padStart(widths[column]!)
            : cell.padEnd(widths[column]!)
        )
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
