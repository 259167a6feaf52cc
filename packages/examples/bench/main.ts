/**
 * `npm run bench -- NAME [--json] [--quick]`: runs one benchmark. Each benchmark is a module beside this file that exports
 * `summary` (one line) and `run`, which prints its table to standard error as it goes and returns one plain object;
 * `--json` prints that object as the last line of standard output, otherwise only the table is shown. `--quick` is a
 * glance, for those benchmarks that have one: rough figures in a fraction of the time. `--rest` measures the same in a process at
 * rest, where a benchmark knows that.
 */
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What each benchmark module exports. */
export interface Benchmark {
  /** one line for the list of benchmarks */
  readonly summary: string
  /** whether it knows `--quick` */
  readonly hasQuick?: boolean
  /** whether it knows `--rest` */
  readonly hasRest?: boolean
  /** runs it; prints progress and tables with `log` */
  readonly run: (
    log: (line: string) => void,
    options: { readonly quick: boolean; readonly rest: boolean }
  ) => Promise<Readonly<Record<string, unknown>>>
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
  const lines = ["Usage: npm run bench -- NAME [--json] [--quick] [--rest]", "", "Benchmarks:"]
  for (const name of names) {
    const { hasQuick, hasRest, summary } = await load(name)
    const known = [...(hasQuick === true ? ["--quick"] : []), ...(hasRest === true ? ["--rest"] : [])]
    lines.push(`  ${name.padEnd(15)}${summary}${known.length > 0 ? ` (knows ${known.join(" and ")})` : ""}`)
  }
  return lines.join("\n")
}

const args = process.argv.slice(2)
const flags = new Set(["--help", "--json", "--quick", "--rest"])
const json = args.includes("--json")
const quick = args.includes("--quick")
const rest = args.includes("--rest")
const [name, ...others] = args.filter((arg) => !flags.has(arg))

if (args.includes("--help")) {
  console.log(await usage())
} else if (name === undefined || others.length > 0 || !names.includes(name)) {
  console.error(name === undefined ? "Which benchmark?" : `No such benchmark: ${[name, ...others].join(" ")}`)
  console.error(await usage())
  process.exitCode = 2
} else {
  const benchmark = await load(name)
  if (quick && benchmark.hasQuick !== true) {
    console.error(`The benchmark ${name} has no --quick: its figures need their time.`)
    process.exit(2)
  }
  if (rest && benchmark.hasRest !== true) {
    console.error(`The benchmark ${name} has no --rest.`)
    process.exit(2)
  }
  const result = await benchmark.run((line) => console.error(line), { quick, rest })
  if (json) console.log(JSON.stringify(result))
  process.exit(0)
}
