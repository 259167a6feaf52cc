/**
 * The gallery of bugs under `Interleavings.check`: how many are found within 1,000 schedules, by which strategy, how small the
 * failing schedule gets, whether its token makes it again, whether the mended programs raise an alarm, and schedules a second.
 */
import { Interleavings } from "@giveway/core/testing"
import { Effect, Fiber, Ref } from "effect"
import type { Bug } from "./gallery/bug.ts"
import { bugs } from "./gallery/index.ts"
import { median, quantile, round } from "./statistics.ts"

export const summary = "bugs found by controlled schedules, and schedules a second"
export const hasQuick = true

const strategies = ["random", "pct", "pos", "urw", "interrupt", "fifo"] as const

/** Seeds of a search for the median. */
const seeds = [1, 2, 3, 4, 5]

const mostSchedules = 1000

/** The first fault, or `undefined`. */
const find = (program: Bug["program"], options: Interleavings.Options) =>
  Effect.runPromise(
    Effect.match(Interleavings.check(program, options), {
      onSuccess: () => undefined,
      onFailure: (error) => {
        if (error._tag !== "InterleavingFailed") throw error
        return error
      }
    })
  )

/** Three fibers of ten operations. The generators are made once: a new one for each schedule costs V8 more than its operations. */
const worker = Effect.fnUntraced(function* (count: Ref.Ref<number>) {
  for (let i = 0; i < 10; i++) yield* Ref.update(count, (n) => n + 1)
})
const small = Effect.fnUntraced(function* () {
  const count = yield* Ref.make(0)
  const fibers: Array<Fiber.Fiber<void>> = []
  for (let i = 0; i < 3; i++) fibers.push(yield* Effect.forkChild(worker(count)))
  for (const fiber of fibers) yield* Fiber.join(fiber)
})

/** By CPU time of this thread, so that other programs on the machine do not count. */
const perSecond = async (strategy: Interleavings.Strategy, schedules: number): Promise<number> => {
  const check = (count: number) => Effect.runPromise(Interleavings.check(small(), { strategy, schedules: count }))
  await check(5000)
  const cpu = process.threadCpuUsage?.bind(process) ?? process.cpuUsage.bind(process)
  const before = cpu()
  await check(schedules)
  const used = cpu(before)
  return Math.round(schedules / ((used.user + used.system) / 1e6))
}

export const run = async (log: (line: string) => void, { quick }: { readonly quick: boolean }) => {
  const firstSchedules: Array<number> = []
  const preemptions: Array<number> = []
  const foundBy: Record<string, number> = Object.fromEntries(strategies.map((name) => [name, 0]))
  let found = 0
  let falseAlarms = 0
  let replays = 0
  let exact = 0
  for (const { fixed, name, program } of bugs) {
    const hits = []
    for (const seed of quick ? seeds.slice(0, 1) : seeds) {
      const hit = await find(program, { seed, schedules: mostSchedules })
      if (hit === undefined) continue
      hits.push(hit)
      preemptions.push(hit.preemptions)
      replays++
      const again = await find(program, { replay: hit.token! })
      if (again?.problem === hit.problem && again.trace.join() === hit.trace.join()) exact++
    }
    if (hits.length > 0) found++
    const first = hits.length === 0 ? Infinity : median(hits.map(({ schedule }) => schedule))
    firstSchedules.push(first)
    const by = []
    for (const strategy of strategies) {
      if ((await find(program, { strategy, schedules: mostSchedules })) === undefined) continue
      foundBy[strategy]!++
      by.push(strategy)
    }
    const alarm = await find(fixed, { schedules: quick ? 1000 : 10_000 })
    if (alarm !== undefined) {
      falseAlarms++
      log(`an alarm on the mended program "${name}": ${alarm.message}`)
    }
    log(`${name.padEnd(48)} schedule ${first}, by ${by.join(", ")}`)
  }
  const speed: Record<string, number> = {}
  for (const strategy of ["pct", "pos", "random"] as const) {
    speed[strategy] = await perSecond(strategy, quick ? 10_000 : 50_000)
    log(`${strategy}: ${speed[strategy]} schedules a second`)
  }
  return {
    bench: "interleavings",
    bugs: bugs.length,
    found,
    foundBy,
    medianSchedules: median(firstSchedules),
    p95Schedules: quantile(firstSchedules, 0.95),
    medianPreemptions: median(preemptions),
    atMostThreePreemptions: round(preemptions.filter((count) => count <= 3).length / preemptions.length),
    falseAlarmsOnFixes: falseAlarms,
    replays,
    replaysExact: exact,
    schedulesPerSec: speed
  }
}
