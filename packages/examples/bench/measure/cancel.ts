/**
 * One contestant of the cancel benchmark in a process of its own, started by `cancel.ts`. Prints one JSON line.
 *
 * A pool of one worker runs an endless loop, another job waits behind it, and the loop's caller aborts: when does the
 * caller know, and when does the other job begin, on the worker's clock?
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import { contestants } from "../pools/contestants.ts"
import { median, round } from "../statistics.ts"
import { limits } from "./cancelled.ts"
import type { Cancelled, Other } from "./cancelled.ts"

/** The slowest takes more than two seconds each time. */
const times = 11

/** After this long nobody expects it any more. */
const neverMs = 6000

const now = () => performance.timeOrigin + performance.now()

interface Once {
  readonly told: number | undefined
  readonly next: number | undefined
}

const within = <A>(promise: Promise<A>): Promise<A | undefined> =>
  Promise.race([promise, sleep(neverMs, undefined, { ref: false })])

/** As many times as the worker comes back. */
const pool = async (name: Exclude<Other, (typeof limits)[number]>): Promise<ReadonlyArray<Once>> => {
  const start = await contestants[name]()
  const pool = await start({ workers: 1 })
  const found: Array<Once> = []
  while (found.length < times) {
    await pool.run({ name: "begun", payload: undefined })
    const controller = new AbortController()
    const loop = pool.run({ name: "loop", payload: undefined }, controller.signal).then(now, now)
    const next = pool.run({ name: "begun", payload: undefined }) as Promise<number>
    // nothing else runs: the loop began long ago
    await sleep(50)
    const aborted = now()
    controller.abort()
    const [told, began] = await Promise.all([within(loop), within(next)])
    found.push({ told: told && told - aborted, next: began && began - aborted })
    if (began === undefined) break
  }
  return found
}

/** Loops until its flag is up, and again; says when each loop was over. */
const polling = `
  const { parentPort, workerData } = require("node:worker_threads")
  parentPort.on("message", () => {
    while (Atomics.load(workerData, 0) === 0);
    parentPort.postMessage(performance.timeOrigin + performance.now())
  })
  parentPort.postMessage(0)
`

const flag = async (): Promise<ReadonlyArray<Once>> => {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(polling, { eval: true, workerData: cell })
  const message = () => new Promise<number>((resolve) => worker.once("message", resolve))
  await message()
  const found: Array<Once> = []
  for (let i = 0; i < times; i++) {
    Atomics.store(cell, 0, 0)
    worker.postMessage("loop")
    await sleep(20)
    const raised = now()
    Atomics.store(cell, 0, 1)
    const over = await message()
    found.push({ told: now() - raised, next: over - raised })
  }
  return found
}

/** Loops for ever when told so, or says what time it is. */
const looping = `
  const { parentPort } = require("node:worker_threads")
  parentPort.on("message", (job) => {
    if (job === "loop") for (;;);
    parentPort.postMessage(performance.timeOrigin + performance.now())
  })
  parentPort.postMessage(0)
`

const terminate = async (): Promise<ReadonlyArray<Once>> => {
  const message = (worker: Worker) => new Promise<number>((resolve) => worker.once("message", resolve))
  const ready = async (): Promise<Worker> => {
    const worker = new Worker(looping, { eval: true })
    await message(worker)
    return worker
  }
  const found: Array<Once> = []
  for (let i = 0; i < times; i++) {
    const [busy, spare] = [await ready(), await ready()]
    busy.postMessage("loop")
    await sleep(20)
    const aborted = now()
    const gone = busy.terminate().then(now)
    spare.postMessage("next")
    const began = await message(spare)
    found.push({ told: (await gone) - aborted, next: began - aborted })
    await spare.terminate()
  }
  return found
}

const name = process.argv[2] as Other
const found = name === "flag" ? await flag() : name === "terminate" ? await terminate() : await pool(name)

const middle = (field: keyof Once): number | undefined => {
  const values = found.flatMap((once) => once[field] ?? [])
  return values.length === 0 ? undefined : round(median(values))
}
const [toldMs, nextMs] = [middle("told"), middle("next")]
const cancelled: Cancelled = {
  ...(toldMs === undefined ? {} : { toldMs }),
  ...(nextMs === undefined ? {} : { nextMs })
}
console.log(JSON.stringify(cancelled))
process.exit(0)
