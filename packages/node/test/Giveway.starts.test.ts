/**
 * Many starts and ends of whole processes, on a machine that is busy: no process may hang, at its start or at its end.
 *
 * 8 in short, `GIVEWAY_STARTS=2000` for a thorough look. It prints its figures.
 */
import { assert, it } from "vitest"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const wanted = Number(process.env["GIVEWAY_STARTS"] ?? 8)

/** As many at once, on few cores, so that threads wait for cores all the time. */
const lanes = 4

/** A process that says nothing for so long hangs, ms. Beside 30 busy processes, a worker has waited 95 s for 0.6 s of a core. */
const patienceMs = 180_000

const program = fileURLToPath(new URL("./programs/starts.ts", import.meta.url))

/** The ways to end, each with its exit code. */
const ways = [
  ["ends", 0],
  ["fails", 1],
  ["job", 0],
  ["exits", 7],
  ["terminated", 130]
] as const

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly tookMs: number
}

const run = (how: string, ms: number): Promise<Ended> =>
  new Promise((resolve) => {
    const begun = performance.now()
    const child = spawn(process.execPath, ["--conditions=giveway-source", program, how, String(ms)])
    let output = ""
    const hangs = (): void => {
      output += `\n[silent for ${patienceMs} ms]`
      child.kill("SIGKILL")
    }
    let silence = setTimeout(hangs, patienceMs)
    const heard = (data: Buffer): void => {
      output += String(data)
      clearTimeout(silence)
      silence = setTimeout(hangs, patienceMs)
    }
    child.stdout.on("data", heard)
    child.stderr.on("data", heard)
    child.on("close", (code) => {
      clearTimeout(silence)
      resolve({ code, output, tookMs: performance.now() - begun })
    })
  })

it(
  `${wanted} processes start and end beside a busy loop, each with its exit code`,
  { timeout: wanted * 20_000 },
  async () => {
    const busy = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" })
    const wrong: Array<string> = []
    const took: Array<number> = []
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < wanted && wrong.length === 0) {
        const number = next++
        const [how, expected] = ways[number % ways.length]!
        const ms = (number * 37) % 250
        const { code, output, tookMs } = await run(how, ms)
        took.push(tookMs)
        if (took.length % 100 === 0) console.log(`${took.length} of ${wanted} ended`)
        if (code !== expected) wrong.push(`${how} after ${ms} ms: exit code ${code}, output:\n${output}`)
      }
    }
    try {
      await Promise.all(Array.from({ length: lanes }, lane))
    } finally {
      busy.kill("SIGKILL")
    }
    assert.deepStrictEqual(wrong, [], `of ${took.length} that ended`)
    took.sort((a, b) => a - b)
    const [median, longest] = [took[took.length >> 1]!, took.at(-1)!]
    console.log(
      `${took.length} processes ended; ${Math.round(median)} ms in the median, ${Math.round(longest)} at most`
    )
  }
)
