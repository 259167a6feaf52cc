/**
 * A service in which something never ends: how long light requests wait for their answer, beside functions with an
 * endless loop on the same thread (`src/endless`, compiled from plain source by the hook).
 *
 * The client is another process. `idleP99Ms` is the same service with nothing endless in it, just before: what the
 * machine, the sockets and the client take. `slices` is the p99 in slices: a request that comes at the beginning of one
 * waits for all of it. `quietestP99Ms` is that of the best window. `timeoutLateMs` is how long after its timeout the last of the functions had stopped.
 */
import type { Stopped } from "../src/endless/client.ts"
import { start } from "../src/endless/client.ts"
import { median, quantile, round, table } from "./statistics.ts"

export const summary = "light requests beside functions that never end, on one thread"

interface Case {
  readonly name: string
  /** ms; `undefined`: the default */
  readonly slice: number | undefined
  readonly endless: ReadonlyArray<string>
}

/** What a slice comes to where nothing is said: the turn of `FairScheduler`. */
const defaultSliceMs = 3

const one = ["counting"]
const many = ["empty", "counting", "whileTrue", "doWhile"]

const cases: ReadonlyArray<Case> = [
  { name: "default slice, one endless loop", slice: undefined, endless: one },
  { name: "default slice, four", slice: undefined, endless: many },
  { name: "slice 1 ms, one endless loop", slice: 1, endless: one },
  { name: "slice 1 ms, four", slice: 1, endless: many }
]

/** The p99 of each, and the median of those: a moment in which the machine is busy elsewhere spoils one. */
const windows = 9
const windowMs = 1000
const endlessMs = (windows + 2) * windowMs

const measure = async ({ endless, slice }: Case) => {
  const service = await start({ slice })
  const observe = async (count: number): Promise<ReadonlyArray<ReadonlyArray<number>>> => {
    await service.ping(windowMs)
    const seen = []
    while (seen.length < count) seen.push(await service.ping(windowMs))
    return seen
  }
  const idle = await observe(3)
  const answers = endless.map((loop) => service.get(`/endless/${loop}/timeout/${endlessMs}`))
  const busy = await observe(windows)
  const stopped = (await Promise.all(answers)).map((text) => JSON.parse(text) as Stopped)
  await service.stop()
  if (stopped.some(({ what }) => what !== "stopped by a timeout")) throw new Error(JSON.stringify(stopped))
  const lateMs = Math.max(...stopped.map((each) => each.lateMs))
  const p99s = busy.map((taken) => quantile(taken, 0.99))
  return {
    idleP99Ms: median(idle.map((taken) => quantile(taken, 0.99))),
    lightP50Ms: quantile(busy.flat(), 0.5),
    lightP99Ms: median(p99s),
    quietestP99Ms: Math.min(...p99s),
    timeoutLateMs: lateMs
  }
}

export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  const results = []
  for (const each of cases) {
    const { idleP99Ms, lightP50Ms, lightP99Ms, quietestP99Ms, timeoutLateMs } = await measure(each)
    const sliceMs = each.slice ?? defaultSliceMs
    results.push({
      name: each.name,
      sliceMs,
      idleP99Ms: round(idleP99Ms),
      lightP50Ms: round(lightP50Ms),
      lightP99Ms: round(lightP99Ms),
      quietestP99Ms: round(quietestP99Ms),
      slices: round(lightP99Ms / sliceMs),
      timeoutLateMs: round(timeoutLateMs)
    })
    log(JSON.stringify(results.at(-1)))
  }
  const columns = [
    "name",
    "sliceMs",
    "idleP99Ms",
    "lightP50Ms",
    "lightP99Ms",
    "quietestP99Ms",
    "slices",
    "timeoutLateMs"
  ] as const
  log(table([columns, ...results.map((result) => columns.map((column) => result[column]))]))
  return { bench: "endless", cases: results, worstSlices: Math.max(...results.map(({ slices }) => slices)) }
}
