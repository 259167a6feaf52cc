/**
 * Scenarios under `giveway doctor`: the async-only side has a fault at the culprit's line, and the Giveway sides have none. CI runs
 * `blocked-loop`; with `GIVEWAY_LONG=1` all run, in a minute: `GIVEWAY_LONG=1 npm run test:scenarios -- doctor`.
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const giveway = join(root, "packages/node/src/cli/main.ts")
const source = (path: string): string => `packages/examples/src/${path}`

interface Culprit {
  readonly file: string
  readonly first: string
  readonly last: string
}

/** The lines from the one with `first` to the next one with `last`, counted from 1. */
const linesOf = ({ file, first, last }: Culprit): readonly [from: number, to: number] => {
  const lines = readFileSync(join(root, file), "utf8").split("\n")
  const from = lines.findIndex((line) => line.includes(first))
  const to = lines.findIndex((line, index) => index >= from && line.includes(last))
  assert.isTrue(from >= 0 && to >= from, `${file} has no ${first} with ${last} after it`)
  return [from + 1, to + 1]
}

const primes: Culprit = { file: source("roundabout/primes.ts"), first: "export const primes", last: "return count" }
const spin: Culprit = { file: source("tight-loop/service.ts"), first: "for (;;) turns", last: "for (;;) turns" }

interface Case {
  readonly name: string
  readonly program: string
  readonly culprit: Culprit
  readonly givewaySides: ReadonlyArray<string>
  /** arguments after the side */
  readonly args?: ReadonlyArray<string>
}

const all: ReadonlyArray<Case> = [
  { name: "roundabout", program: source("roundabout/service.ts"), culprit: primes, givewaySides: ["giveway"] },
  {
    name: "burst",
    program: source("burst/program.ts"),
    culprit: primes,
    givewaySides: ["giveway"],
    args: ["1000", "20"]
  },
  { name: "cliff", program: source("cliff/service.ts"), culprit: primes, givewaySides: ["giveway"] },
  { name: "tight-loop", program: source("tight-loop/service.ts"), culprit: spin, givewaySides: ["giveway"] },
  {
    name: "blocked-loop",
    program: source("blocked-loop/service.ts"),
    culprit: primes,
    givewaySides: ["moved", "sliced"]
  }
]

const cases = process.env["GIVEWAY_LONG"] === "1" ? all : all.filter(({ name }) => name === "blocked-loop")

interface Finding {
  readonly verdict: string
  readonly file?: string
  readonly line?: number
}

/** Longer than the tight loop's deadline. A loop without one holds its service until it is killed. */
const patienceMs = 3000

/** Runs a side under the doctor, asks a service twice for `/work`, and ends it. */
const faultsOf = (program: string, args: ReadonlyArray<string>): Promise<ReadonlyArray<Finding>> =>
  new Promise((resolve, reject) => {
    const register = import.meta.resolve("@giveway/node/register")
    const node = [process.execPath, "--conditions=giveway-source", `--import=${register}`, program, ...args]
    const doctor = spawn(
      process.execPath,
      ["--conditions=giveway-source", giveway, "doctor", "--budget", "20ms", "--json", "--", ...node],
      { cwd: root }
    )
    let [out, said, asked] = ["", "", false]
    const ask = async (port: string): Promise<void> => {
      try {
        for (let n = 0; n < 2; n++) {
          const answer = await fetch(`http://127.0.0.1:${port}/work`, { signal: AbortSignal.timeout(patienceMs) })
          await answer.text()
        }
        // a service ends with its parent
        doctor.stdin.end()
      } catch {
        // it hears nothing any more: the doctor kills it 5 s after the signal, and reports all the same
        doctor.kill("SIGINT")
      }
    }
    doctor.stdout.on("data", (chunk: Buffer) => void (out += chunk.toString()))
    doctor.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString()
      const port = /"port":(\d+)/.exec(said)?.[1]
      if (port === undefined || asked) return
      asked = true
      void ask(port)
    })
    doctor.on("error", reject)
    doctor.on("close", () => {
      try {
        const { findings } = JSON.parse(out) as { readonly findings: ReadonlyArray<Finding> }
        resolve(findings.filter(({ verdict }) => verdict === "fault"))
      } catch (cause) {
        reject(new Error(`no report: ${out}${said}`, { cause }))
      }
    })
  })

describe("under giveway doctor", { retry: 2 }, () => {
  for (const { args = [], culprit, givewaySides, name, program } of cases) {
    it(`${name}: the culprit's line async only`, async () => {
      const faults = await faultsOf(program, ["async-only", ...args])
      const [from, to] = linesOf(culprit)
      const found = faults.some(({ file, line = 0 }) => file === culprit.file && line >= from && line <= to)
      assert.isTrue(found, JSON.stringify(faults))
    }, 60_000)
    for (const side of givewaySides) {
      it(`${name}: no fault ${side}`, async () => {
        assert.deepStrictEqual(await faultsOf(program, [side, ...args]), [])
      }, 60_000)
    }
  }
})
