/**
 * One kernel in a process of its own, started by `yield.ts` under `--import @giveway/node/register`. Prints one JSON line.
 *
 * `warm` interleaves the plain function and its steppable form, so that a change of the machine's speed meets both, and
 * then runs slices; `ownSliceP99Ms` is without the pauses for garbage collection in them, `gcShare` is their share of the
 * plain function's time. `cold-plain` and `cold-steppable` time the first call of one of them.
 */
import * as Steppable from "@giveway/core/Steppable"
import { PerformanceObserver } from "node:perf_hooks"
import { setImmediate, setTimeout } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import { median, quantile } from "../statistics.ts"

interface Kernel {
  readonly run: (...args: ReadonlyArray<unknown>) => unknown
  readonly input: () => ReadonlyArray<unknown>
  readonly digest: (result: unknown) => number
}

const [name, mode] = process.argv.slice(2)
const { digest, input, run } = (await import(new URL(`../kernels/${name}.ts`, import.meta.url).href)) as Kernel
const twin = Steppable.twinOf(run)
const args = input()

/** The slice is never over, but the clock is read as always. */
const never = Steppable.clockPolicy(
  () => false,
  () => {}
)

const timed = (work: () => unknown): readonly [ms: number, result: unknown] => {
  const start = performance.now()
  const result = work()
  return [performance.now() - start, result]
}

const steppable = (): unknown =>
  twin === undefined ? run(...args) : new Steppable.Activation().begin(twin, args, never)

/** V8 settles after a time, not after a number of calls; the first call of all is what `cold` times. */
const warmUp = { rounds: 4, ms: 500 }
const measured = { rounds: 15, ms: 1000 }

/** Pauses for garbage collection on this thread, as far as they were told: begin and end. */
const collections: Array<readonly [from: number, to: number]> = []
new PerformanceObserver((list) => {
  for (const { duration, startTime } of list.getEntries()) collections.push([startTime, startTime + duration])
}).observe({ entryTypes: ["gc"] })

/** How much of the time from `from` to `to` was spent in them. */
const collecting = (from: number, to: number): number =>
  collections.reduce((sum, [begin, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(begin, from)), 0)

/** The observer is told a moment later. */
const told = () => setTimeout(20)

const warm = async () => {
  const plainMs: Array<number> = []
  const ratios: Array<number> = []
  const plainCalls: Array<readonly [from: number, to: number]> = []
  let begun = performance.now()
  for (let round = 0; ratios.length < measured.rounds || performance.now() - begun < measured.ms; round++) {
    const from = performance.now()
    const [plain, expected] = timed(() => run(...args))
    const to = performance.now()
    const [sliced, result] = timed(steppable)
    if (digest(result) !== digest(expected)) throw new Error(`${name}: the steppable form gives another result`)
    if (plainMs.length === 0 && (round < warmUp.rounds || performance.now() - begun < warmUp.ms)) continue
    if (plainMs.length === 0) begun = performance.now()
    plainMs.push(plain)
    ratios.push(sliced / plain)
    plainCalls.push([from, to])
  }
  await told()
  const inPlain = plainCalls.reduce((sum, [from, to]) => sum + collecting(from, to), 0)
  const gcShare = inPlain / plainMs.reduce((sum, ms) => sum + ms, 0)
  return { plainMs: median(plainMs), slowdown: median(ratios), gcShare }
}

/** What a light request on the same loop waits: another thread's messages, at times that no loop can be in step with. */
const pinger = `
  const { parentPort } = require("node:worker_threads")
  const ping = () => {
    parentPort.postMessage(performance.timeOrigin + performance.now())
    setTimeout(ping, 1 + 5 * Math.random())
  }
  ping()
`

const sliceMs = 1

const slices = async () => {
  if (twin === undefined) return {}
  let sliceStart = 0
  const policy = Steppable.clockPolicy(
    () => performance.now() - sliceStart >= sliceMs,
    () => {
      sliceStart = performance.now()
    }
  )
  const sliced: Array<readonly [from: number, to: number]> = []
  const slice = (work: () => unknown): unknown => {
    const from = performance.now()
    const result = work()
    sliced.push([from, performance.now()])
    return result
  }
  const pings: Array<number> = []
  const worker = new Worker(pinger, { eval: true })
  worker.on("message", (sent: number) => pings.push(performance.timeOrigin + performance.now() - sent))
  await new Promise((resolve) => worker.once("message", resolve))
  pings.length = 0
  for (const end = performance.now() + 1500; performance.now() < end;) {
    const activation = new Steppable.Activation()
    let result = slice(() => activation.begin(twin, args, policy))
    while (result === Steppable.SUSPENDED) {
      await setImmediate()
      result = slice(() => activation.step(policy))
    }
    await setImmediate()
  }
  await worker.terminate()
  await told()
  const lengths = sliced.map(([from, to]) => to - from)
  const ownLengths = sliced.map(([from, to]) => to - from - collecting(from, to))
  return {
    sliceP50Ms: quantile(lengths, 0.5),
    sliceP99Ms: quantile(lengths, 0.99),
    sliceMaxMs: quantile(lengths, 1),
    ownSliceP99Ms: quantile(ownLengths, 0.99),
    pingP99Ms: quantile(pings, 0.99)
  }
}

const figures =
  mode === "warm"
    ? { compiled: twin !== undefined, ...(await warm()), ...(await slices()) }
    : { coldMs: timed(mode === "cold-plain" ? () => run(...args) : steppable)[0] }
console.log(JSON.stringify(figures))
process.exit(0)
