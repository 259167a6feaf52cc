/**
 * What supervision costs when nothing is wrong: the same programs with it and without, each in a process of its own, the
 * sides in turn (off on, on off, …), so that what else the machine does falls on both. Figures are of sums over the rounds;
 * `margins` says how far each can be trusted, two standard errors over the rounds (for slices over the pairs of processes, since two
 * processes may compile the same code differently).
 *
 * - `perSliceNs`: what a slice costs more, CPU time of the main thread: the dearest of fibers that are forked, that give
 *   way (the main fiber, and a forked one), and that sleep.
 * - `throughputRatio`: thumbnails a second of the service in `src/thumbnails`, with over without. A ratio of wall times:
 *   of all figures the most disturbed. `cpuPerRequestRatio` is CPU time of the whole process for a thumbnail (with the light requests
 *   that are sent meanwhile), with over without.
 * - `bytesPerFiber`: what each of 100,000 waiting fibers takes more, heap and array buffers together.
 * - `idleCpuPercent`: of one core, what an idle process takes more, its watching thread included.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as asked from "./measure/asked.ts"
import * as overheadLoad from "./measure/overheadLoad.ts"
import { margin, median, round, sum, table } from "./statistics.ts"

export const summary = "what supervision costs: per slice, per fiber, idle, and in a service's throughput"

export const hasQuick = true

type Side = "off" | "on"

const rounds = {
  full: { processes: 4, micro: 8, memory: 2, service: 12, serviceMs: 3000 },
  quick: { processes: 2, micro: 4, memory: 1, service: 2, serviceMs: 2000 }
}

/** A figure of both sides, in pairs of rounds. */
type Pairs = ReadonlyArray<Readonly<Record<Side, number>>>

/** Both sides in turn, `count` times. */
const inTurn = async <A>(
  count: number,
  measure: (side: Side) => Promise<A>
): Promise<ReadonlyArray<Readonly<Record<Side, A>>>> => {
  const found: Array<Readonly<Record<Side, A>>> = []
  for (let index = 0; index < count; index++) {
    if (index % 2 === 0) {
      const off = await measure("off")
      found.push({ off, on: await measure("on") })
    } else {
      const on = await measure("on")
      found.push({ off: await measure("off"), on })
    }
  }
  return found
}

const both = async <A>(start: (side: Side) => A | Promise<A>): Promise<Readonly<Record<Side, A>>> => ({
  off: await start("off"),
  on: await start("on")
})

const total = (pairs: Pairs, side: Side): number => sum(pairs.map((pair) => pair[side]))

const mean = (pairs: Pairs, side: Side): number => total(pairs, side) / pairs.length

const measured = async (side: Side, part: string): Promise<Readonly<Record<string, number>>> => {
  const path = fileURLToPath(new URL("./measure/overhead.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, path, side, part])
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<string, number>
}

/** For each program the means, ns a slice, of each pair of processes. */
const slices = async (processes: number, times: number): Promise<ReadonlyMap<string, Pairs>> => {
  const found = new Map<string, Array<Pairs[number]>>()
  for (let index = 0; index < processes; index++) {
    const children = await both((side) => asked.start("overhead.ts", [side, "micro"]))
    const { off: names } = await both(async (side) => (await children[side].next()) as ReadonlyArray<string>)
    for (const name of names) {
      const pairs = await inTurn(times, async (side) => (await children[side].ask(name)) as number)
      found.set(name, [...(found.get(name) ?? []), { off: mean(pairs, "off"), on: mean(pairs, "on") }])
    }
    await both((side) => children[side].end())
  }
  return found
}

const loaded = async (times: number, ms: number) => {
  const services = await both((side) => overheadLoad.start(side, 2 * ms))
  try {
    return await inTurn(times, (side) => services[side].load(ms))
  } finally {
    await both((side) => services[side].end())
  }
}

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const times = quick ? rounds.quick : rounds.full
  const micros = Array.from(await slices(times.processes, times.micro), ([name, pairs]) => {
    const [off, on] = [mean(pairs, "off"), mean(pairs, "on")]
    return { name, off, on, more: on - off, margin: margin(pairs.map((pair) => pair.on - pair.off)) }
  })
  const dearest = micros.toSorted((a, b) => b.more - a.more)[0]!
  const memory = await inTurn(times.memory, async (side) => (await measured(side, "memory"))["bytes"]!)
  const bytes = { off: median(memory.map(({ off }) => off)), on: median(memory.map(({ on }) => on)) }
  // neither disturbs the other
  const [idleOff, idleOn] = await Promise.all([measured("off", "idle"), measured("on", "idle")])
  const percent = { off: idleOff["percent"]!, on: idleOn["percent"]! }
  const windows = await loaded(times.service, times.serviceMs)
  const done = windows.map(({ off, on }) => ({ off: off.done, on: on.done }))
  const cpu = windows.map(({ off, on }) => ({ off: off.cpuUs, on: on.cpuUs }))
  const cpuMs = (side: Side): number => total(cpu, side) / total(done, side) / 1000
  const perSecond = (side: Side): number => (1000 * mean(done, side)) / times.serviceMs
  const throughputMargin = margin(done.map(({ off, on }) => on / off))
  const cpuMargin = margin(windows.map(({ off, on }) => on.cpuUs / on.done / (off.cpuUs / off.done)))
  log(
    table([
      ["", "without", "with", "more", "±"],
      ...micros.map(({ margin, more, name, off, on }) => [
        `${name}, ns a slice`,
        round(off, 0),
        round(on, 0),
        round(more, 0),
        round(margin, 0)
      ]),
      ["bytes a waiting fiber", round(bytes.off, 0), round(bytes.on, 0), round(bytes.on - bytes.off, 0), ""],
      ["idle, percent of a core", round(percent.off), round(percent.on), round(percent.on - percent.off), ""],
      [
        "thumbnails a second",
        round(perSecond("off"), 1),
        round(perSecond("on"), 1),
        `× ${round(perSecond("on") / perSecond("off"), 3)}`,
        round(throughputMargin, 3)
      ],
      [
        "CPU ms a thumbnail",
        round(cpuMs("off")),
        round(cpuMs("on")),
        `× ${round(cpuMs("on") / cpuMs("off"), 3)}`,
        round(cpuMargin, 3)
      ]
    ])
  )
  return {
    bench: "overhead",
    throughputRatio: round(perSecond("on") / perSecond("off"), 3),
    cpuPerRequestRatio: round(cpuMs("on") / cpuMs("off"), 3),
    perSliceNs: round(dearest.more, 0),
    bytesPerFiber: round(bytes.on - bytes.off, 0),
    idleCpuPercent: round(percent.on - percent.off),
    margins: {
      throughputRatio: round(throughputMargin, 3),
      cpuPerRequestRatio: round(cpuMargin, 3),
      perSliceNs: round(dearest.margin, 0)
    },
    perSlice: Object.fromEntries(micros.map(({ more, name }) => [name, round(more, 0)]))
  }
}
