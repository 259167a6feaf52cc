/**
 * One contestant of the pool benchmark in a process of its own, started by `pool.ts`: its name, a part, and how much
 * longer than a glance to look. Prints one JSON line.
 *
 * - `one`: a pool of one worker: cold start, round trip, flood.
 * - `two`: a pool of two: flood, jobs of a millisecond, short jobs behind a long one, and the pool at rest.
 * - `memory`: what a worker adds to the process.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { contestants } from "../pools/contestants.ts"
import type { Job, Pool } from "../pools/contestant.ts"
import type { ContestantName } from "../pools/contestants.ts"
import { median, quantile } from "../statistics.ts"

const [name, part, patience] = process.argv.slice(2) as [ContestantName, keyof typeof parts, string]
const long = Number(patience)

const nothing: Job = { name: "add", payload: { a: 4, b: 6 } }
/** about a millisecond of arithmetic */
const short: Job = { name: "work", payload: 600_000 }
const inFlight = 64

/** A pool that answers something else has not done the job. */
const checked = (result: unknown): void => {
  if (result !== 10) throw new Error(`${name} answered ${String(result)} for 4 + 6`)
}

/** `count` lanes of `job` until `ms` are over; how many were done by then, and the time it took. */
const during = async (pool: Pool, job: Job, lanes: number, ms: number, check: (result: unknown) => void) => {
  const start = performance.now()
  const end = start + ms
  const cpu = process.threadCpuUsage()
  let done = 0
  const next = (): Job | undefined => (performance.now() < end ? job : undefined)
  const count = (result: unknown): void => {
    check(result)
    done++
  }
  await Promise.all(Array.from({ length: lanes }, () => pool.lane(next, count)))
  const { system, user } = process.threadCpuUsage(cpu)
  return { perSec: (1000 * done) / (performance.now() - start), mainUs: (user + system) / done }
}

const flood = (pool: Pool, ms: number) => during(pool, nothing, inFlight, ms, checked)

/** Job after job: the time of each, µs. */
const roundTrips = async (pool: Pool, ms: number): Promise<ReadonlyArray<number>> => {
  const times: Array<number> = []
  const end = performance.now() + ms
  let started = 0
  await pool.lane(
    () => ((started = performance.now()) < end ? nothing : undefined),
    () => times.push(1000 * (performance.now() - started))
  )
  return times
}

/** Each job in a lane of its own, all at once; the time until all of them are done. */
const together = async (pool: Pool, jobs: ReadonlyArray<Job>): Promise<void> => {
  await Promise.all(
    jobs.map((job) => {
      let left: Job | undefined = job
      return pool.lane(
        () => {
          const next = left
          left = undefined
          return next
        },
        () => undefined
      )
    })
  )
}

/** 40 short jobs behind a long one, ms: two workers need some 40 ms if the short ones do not wait for the long one. */
const behind = async (pool: Pool): Promise<number> => {
  const start = performance.now()
  const first = together(pool, [{ name: "spin", payload: 300 }])
  await together(
    pool,
    Array.from({ length: 40 }, () => short)
  )
  const ms = performance.now() - start
  await first
  return ms
}

/** CPU time of the whole process while nothing is asked of it, percent of one core. */
const atRest = async (ms: number): Promise<number> => {
  await sleep(300)
  const before = process.cpuUsage()
  const start = performance.now()
  await sleep(ms)
  const { system, user } = process.cpuUsage(before)
  return (100 * (user + system)) / 1000 / (performance.now() - start)
}

const start = await contestants[name]()

const parts = {
  one: async () => {
    const cold = performance.now()
    const pool = await start({ workers: 1 })
    checked(await pool.run(nothing))
    const coldStartMs = performance.now() - cold
    await roundTrips(pool, 300 * long)
    const trips = await roundTrips(pool, 800 * long)
    await flood(pool, 600 * long)
    const { mainUs, perSec } = await flood(pool, 1000 * long)
    return {
      coldStartMs,
      rttP50Us: median(trips),
      rttP99Us: quantile(trips, 0.99),
      floodPerSec1w: perSec,
      mainUsPerJob: mainUs
    }
  },
  two: async () => {
    const pool = await start({ workers: 2 })
    await flood(pool, 600 * long)
    const two = await flood(pool, 1000 * long)
    await during(pool, short, 8, 200 * long, () => undefined)
    const busy = await during(pool, short, 8, 1000 * long, () => undefined)
    const behindMs: Array<number> = []
    for (let i = 0; i < 3; i++) behindMs.push(await behind(pool))
    return {
      flood2w: two.perSec,
      msJobsPerSec2w: busy.perSec,
      holMs: median(behindMs),
      idleCpuPercent: await atRest(1200 * long)
    }
  },
  memory: async () => {
    const workers = 4
    setFlagsFromString("--expose-gc")
    const collectGarbage = runInNewContext("gc") as () => void
    const resident = async (): Promise<number> => {
      collectGarbage()
      await sleep(200)
      return process.memoryUsage.rss()
    }
    const before = await resident()
    const pool = await start({ workers })
    // long enough that each worker gets one
    await together(
      pool,
      Array.from({ length: workers }, () => ({ name: "spin", payload: 400 }))
    )
    return { rssMbPerWorker: ((await resident()) - before) / workers / 2 ** 20 }
  }
}

console.log(JSON.stringify(await parts[part]()))
process.exit(0)
