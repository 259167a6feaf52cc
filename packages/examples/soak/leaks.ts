/**
 * What a closed pool must not leave behind: threads, handles that keep the process alive, listeners, memory.
 */
import { readdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** What the process holds. */
export interface Held {
  /** of the operating system; `undefined` where it does not say */
  readonly threads: number | undefined
  /** what keeps the event loop alive, counted by type; timers of the soak itself aside */
  readonly handles: Readonly<Record<string, number>>
  /** listeners on `process` */
  readonly listeners: number
  readonly heapMb: number
  readonly rssMb: number
}

const threads = (): number | undefined => {
  try {
    return readdirSync("/proc/self/task").length
  } catch {
    return undefined
  }
}

const handles = (): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const type of process.getActiveResourcesInfo()) {
    if (type !== "Timeout" && type !== "Immediate") counts[type] = (counts[type] ?? 0) + 1
  }
  return counts
}

const listeners = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20)

/** Looks, after what was let go has been collected. */
export const held = async (): Promise<Held> => {
  collectGarbage()
  await sleep(50)
  collectGarbage()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    threads: threads(),
    handles: handles(),
    listeners: listeners(),
    heapMb: mebibytes(heapUsed),
    rssMb: mebibytes(rss)
  }
}

/** MiB that a heap may grow by: code that V8 compiles, caches that fill. A guess, and far below a leak of each job. */
const growthMb = 48

/**
 * MiB that the process may grow by. Each worker's heap comes and goes, and the allocator keeps what is free: measured, from one round to
 * the next it differs by up to 130 MiB. A guess on top of that.
 */
const residentGrowthMb = 256

/**
 * Rounds until the process has had its largest pools, and its allocator its memory: measured, the first ends at 250 MiB, the third to
 * fifth at 520 to 580, and so does the twentieth.
 */
const warmUpRounds = 5

/** Rounds without which a slope says nothing: ten minutes of a free machine have some 60. */
const roundsForSlope = 40

/**
 * MiB a round that the process may grow by in the second half of a run. Measured: from one round to the next it differs by 45 MiB (a standard
 * deviation), so the slope of 30 rounds is off by less than one, mostly. The leak that this was made for was of 4 to 5.
 */
export const slopeMb = 2

/**
 * How fast the process grew in the second half of the rounds, MiB a round: the median of the slopes between any two of them, which a few
 * odd rounds do not change. `undefined`: there were too few.
 */
export const slopeOf = (rssMb: ReadonlyArray<number>): number | undefined => {
  if (rssMb.length < roundsForSlope) return undefined
  const half = rssMb.slice(rssMb.length >> 1)
  const slopes = half.flatMap((from, index) => half.slice(index + 1).map((to, apart) => (to - from) / (apart + 1)))
  return slopes.toSorted((a, b) => a - b)[slopes.length >> 1]
}

/** The measure for round number `round + 1`. */
export const baselineAfter = (round: number, baseline: Held, now: Held): Held =>
  round === 1 ? now : round <= warmUpRounds ? { ...baseline, rssMb: Math.max(baseline.rssMb, now.rssMb) } : baseline

/** What `after` holds that `before` did not, in words. */
export const leaks = (before: Held, after: Held): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (before.threads !== undefined && after.threads! > before.threads) {
    found.push(`${after.threads! - before.threads} threads more than before`)
  }
  for (const [type, count] of Object.entries(after.handles)) {
    const more = count - (before.handles[type] ?? 0)
    if (more > 0) found.push(`${more} handles of type ${type} more than before`)
  }
  if (after.listeners > before.listeners) {
    found.push(`${after.listeners - before.listeners} listeners on process more than before`)
  }
  if (after.heapMb > before.heapMb + growthMb) {
    found.push(`a heap of ${after.heapMb} MiB after a collection, it was ${before.heapMb} MiB`)
  }
  if (after.rssMb > before.rssMb + residentGrowthMb) {
    found.push(`a process of ${after.rssMb} MiB, it was ${before.rssMb} MiB`)
  }
  return found
}
