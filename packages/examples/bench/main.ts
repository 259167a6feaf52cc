/**
 * `npm run bench -- NAME [--json]`: runs one benchmark. Each benchmark is a module beside this file that exports
 * `summary` (one line) and `run`, which prints its table to standard error as it goes and returns one plain object;
 * `--json` prints that object as the last line of standard output, otherwise only the table is shown.
 */
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What each benchmark module exports. */
export interface Benchmark {
  /** one line for the list of benchmarks */
  readonly summary: string
  /** runs it; prints progress and tables with `log` */
  readonly run: (log: (line: string) => void) => Promise<Readonly<Record<string, unknown>>>
}

const notBenchmarks = new Set(["main", "statistics"])

const names = readdirSync(fileURLToPath(new URL(".", import.meta.url)), { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => entry.name.slice(0, -3))
  .filter((name) => !notBenchmarks.has(name))
  .toSorted()

const load = async (name: string): Promise<Benchmark> =>
  (await import(new URL(`./${name}.ts`, import.meta.url).href)) as Benchmark

const usage = async (): Promise<string> => {
  const lines = ["Usage: npm run bench -- NAME [--json]", "", "Benchmarks:"]
  for (const name of names) lines.push(`  ${name.padEnd(12)}${(await load(name)).summary}`)
  return lines.join("\n")
}

const args = process.argv.slice(2)
const json = args.includes("--json")
const [name, ...rest] = args.filter((arg) => arg !== "--json" && arg !== "--help")

if (args.includes("--help")) {
  console.log(await usage())
} else if (name === undefined || rest.length > 0 || !names.includes(name)) {
  console.error(name === undefined ? "Which benchmark?" : `No such benchmark: ${[name, ...rest].join(" ")}`)
  console.error(await usage())
  process.exitCode = 2
} else {
  const benchmark = await load(name)
  const result = await benchmark.run((line) => console.error(line))
  if (json) console.log(JSON.stringify(result))
  process.exit(0)
}
