/**
 * `docs/results/`: one page with each claim, the figures that were seen, and the plots, with the machine and the date. Scenarios that did not run this
 * time keep no old figures: the page is of one run.
 */
import { Effect, FileSystem } from "effect"
import { availableParallelism, cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import * as plots from "./plots.ts"
import { cellsOf } from "./report.ts"
import type { Row } from "./report.ts"
import { ScenarioFailed } from "../scenario/Scenario.ts"

const folder = fileURLToPath(new URL("../../../../docs/results/", import.meta.url))

const machine = (): string =>
  `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown kind"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
  `Node ${process.versions.node}, ${process.platform}`

const markdownTable = (row: Row): string => {
  const [head, ...rest] = cellsOf(row)
  const line = (cells: ReadonlyArray<string>): string =>
    `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`
  return [line(head!), line(head!.map((_, column) => (column === 0 ? "---" : "--:"))), ...rest.map(line)].join("\n")
}

const picture = ({ name, plot }: Row): string =>
  plot === undefined
    ? ""
    : `\n<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="${name}-dark.svg">\n` +
      `  <img src="${name}-light.svg" alt="${plot.title}: ${plot.y}, by ${plot.x}, async only beside Giveway">\n</picture>\n`

const section = (row: Row): string =>
  `## ${row.name}\n\n${row.claim} **${row.holds ? "Holds" : "Does not hold"}**, ratio ${row.ratio}. ` +
  `Code: [packages/examples/src/${row.name}](../../packages/examples/src/${row.name}/README.md).\n\n` +
  `${markdownTable(row)}\n${picture(row)}`

const page = (rows: ReadonlyArray<Row>, date: string): string =>
  `# Results of the scenarios\n\nWritten by \`npm run scenarios\` on ${date}: ${machine()}. ` +
  `\`npm run scenario -- NAME\` runs one on your machine. The load comes from a process of its own, on a fixed schedule: a request that ` +
  `waits in the client waits in the figures too. One run, on a machine that did nothing else: on a busy one the figures of all sides grow, and a ` +
  `claim may not hold.\n\n` +
  rows.map(section).join("\n")

/** Writes the page and its plots. */
export const write = Effect.fn("resultsPage.write")(
  function* (rows: ReadonlyArray<Row>) {
    const files = yield* FileSystem.FileSystem
    yield* files.makeDirectory(folder, { recursive: true })
    const date = new Date().toISOString().slice(0, 10)
    yield* files.writeFileString(`${folder}README.md`, page(rows, date))
    for (const { name, plot } of rows) {
      if (plot === undefined) continue
      for (const theme of ["light", "dark"] as const) {
        yield* files.writeFileString(`${folder}${name}-${theme}.svg`, plots.svg(plot, theme))
      }
    }
  },
  Effect.catchTag("PlatformError", (cause) =>
    Effect.fail(new ScenarioFailed({ cause, message: `docs/results/ could not be written: ${cause.message}` }))
  )
)
