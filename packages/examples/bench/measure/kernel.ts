/**
 * One kernel in a process of its own, started by `yield.ts` under `--import @giveway/node/register`. Prints one JSON line.
 *
 * `warm` interleaves the plain function and its steppable form, so that a change of the machine's speed meets both;
 * `cold-plain` and `cold-steppable` time the first call of one of them.
 */
import { Steppable } from "@giveway/core"
import { setImmediate } from "node:timers/promises"
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

const rounds = 15
const warmUp = 4

const warm = () => {
  const plainMs: Array<number> = []
  const ratios: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const [plain, expected] = timed(() => run(...args))
    const [sliced, result] = timed(steppable)
    if (digest(result) !== digest(expected)) throw new Error(`${name}: the steppable form gives another result`)
    if (round < warmUp) continue
    plainMs.push(plain)
    ratios.push(sliced / plain)
  }
  return { plainMs: median(plainMs), slowdown: median(ratios) }
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
  const lengths: Array<number> = []
  const pings: Array<number> = []
  const worker = new Worker(pinger, { eval: true })
  worker.on("message", (sent: number) => pings.push(performance.timeOrigin + performance.now() - sent))
  await new Promise((resolve) => worker.once("message", resolve))
  pings.length = 0
  for (const end = performance.now() + 1500; performance.now() < end;) {
    const activation = new Steppable.Activation()
    let [ms, result] = timed(() => activation.begin(twin, args, policy))
    lengths.push(ms)
    while (result === Steppable.SUSPENDED) {
      await setImmediate()
      ;[ms, result] = timed(() => activation.step(policy))
      lengths.push(ms)
    }
    await setImmediate()
  }
  await worker.terminate()
  return {
    sliceP50Ms: quantile(lengths, 0.5),
    sliceP99Ms: quantile(lengths, 0.99),
    sliceMaxMs: quantile(lengths, 1),
    pingP99Ms: quantile(pings, 0.99)
  }
}

const measured =
  mode === "warm"
    ? { compiled: twin !== undefined, ...warm(), ...(await slices()) }
    : { coldMs: timed(mode === "cold-plain" ? () => run(...args) : steppable)[0] }
console.log(JSON.stringify(measured))
process.exit(0)
