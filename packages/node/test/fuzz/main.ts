/**
 * `npm run fuzz -- [--inputs N] [--seed S] [--only NAME]`: random inputs for everything that parses what comes from outside. It
 * ends with exit code 0 if none broke a promise (`run.ts`). A failure is printed with its seed and number, which make the same
 * input again: `--seed S --only NAME --from NUMBER --inputs 1`. Put it into `corpus.ts` when it is mended.
 */
import { parseArgs } from "node:util"
import { parsers } from "./parsers.ts"
import type { Failure } from "./run.ts"
import { run, runLong } from "./run.ts"

const usage = `Usage: npm run fuzz -- [--inputs N] [--seed S] [--only NAME] [--from NUMBER]

  --inputs N     random inputs in all, shared among the parsers by their speed (default 1000000)
  --seed S       a whole number; the same seed gives the same inputs (default: a random one, which is printed)
  --only NAME    one parser: ${parsers.map(({ name }) => name).join(", ")}
  --from NUMBER  the number of the first input of each parser (default 0)

Ctrl-C ends it with what was found so far.`

const refuse = (message: string): never => {
  console.error(`${message}\n\n${usage}`)
  process.exit(2)
}

const readArgs = () => {
  try {
    return parseArgs({
      options: {
        inputs: { type: "string", default: "1000000" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
        only: { type: "string" },
        from: { type: "string", default: "0" },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (error) {
    return refuse(String(error))
  }
}

const { from, help, inputs, only, seed } = readArgs()
if (help) {
  console.log(usage)
  process.exit(0)
}
const numbers = { inputs: Number(inputs), seed: Number(seed), from: Number(from) }
for (const [name, number] of Object.entries(numbers)) {
  if (!Number.isSafeInteger(number) || number < 0) refuse(`--${name} must be a whole number from 0`)
}
const chosen = only === undefined ? parsers : parsers.filter(({ name }) => name === only)
if (chosen.length === 0) refuse(`there is no parser "${only}"`)

/** Inputs between two looks at the clock and at Ctrl-C. */
const atOnce = 2000

/** Between two lines of progress, ms. */
const everyMs = 10_000

/** Inputs of each parser, however slow it is and small its share: a twentieth of an equal one. */
const least = Math.ceil(numbers.inputs / chosen.length / 20)

/** Long inputs of each parser. */
const longOnes = Math.min(500, Math.ceil(numbers.inputs / 2000))

const failures: Array<Failure> = []
const failed = (failure: Failure): void => {
  failures.push(failure)
  const { error, input, parser, shown } = failure
  console.log(
    `WRONG ${parser}, input ${input} of seed ${numbers.seed}: ${error instanceof Error ? error.stack : String(error)}\n  ${shown}`
  )
}

const stop = { asked: false }
process.once("SIGINT", () => (stop.asked = true))

const shares = chosen.reduce((sum, { share = 1 }) => sum + share, 0)
const begun = performance.now()
let done = 0
let told = begun
console.log(`fuzz: ${numbers.inputs} inputs for ${chosen.length} parsers, seed ${numbers.seed}`)
for (const parser of chosen) {
  const count = Math.max(least, Math.ceil((numbers.inputs * (parser.share ?? 1)) / shares))
  const start = performance.now()
  const before = failures.length
  let ran = 0
  while (ran < count && !stop.asked && failures.length - before < 20) {
    const next = Math.min(count, ran + atOnce)
    run(parser, numbers.seed, numbers.from + ran, numbers.from + next, failed)
    done += next - ran
    ran = next
    if (performance.now() - told > everyMs) {
      told = performance.now()
      const memory = Math.round(process.memoryUsage().rss / 2 ** 20)
      console.log(`  … ${done} of ${numbers.inputs} inputs, ${parser.name}: ${ran} of ${count}, RSS ${memory} MiB`)
    }
    // Ctrl-C is heard here
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (!stop.asked) runLong(parser, numbers.seed, longOnes, failed)
  const seconds = (performance.now() - start) / 1000
  const perInput = ((seconds / Math.max(1, ran)) * 1e6).toFixed(1)
  console.log(`${parser.name}: ${ran} inputs in ${seconds.toFixed(1)} s, ${perInput} µs each`)
  if (stop.asked) break
}
const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
console.log(
  `\nseed ${numbers.seed}: ${done} inputs in ${minutes} min, ${failures.length} broke a promise${stop.asked ? " (stopped)" : ""}`
)
process.exit(stop.asked ? 130 : failures.length === 0 ? 0 : 1)
