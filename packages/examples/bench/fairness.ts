/**
 * How late is a 1 ms timer while fibers work? Effect's default scheduler beside `FairScheduler`.
 *
 * Both run the same programs, in turn, round by round; only the service `Scheduler.Scheduler` differs. Each of the two has a process of
 * its own for a case, as each program has: in one process, Effect's calls to the scheduler are compiled for two of them, and the scheduler that comes
 * second pays for the garbage of the first. A probe re-arms a 1 ms timer for as long as the measured part runs, and the firing
 * after its end counts too: a starved timer fires just once, late by the whole run. Steps of a given length spin on the clock, so a step that
 * the machine interrupts is not made up for, and both sides do the same.
 *
 * Reported per case: the p99 of the timer's lateness and the total time, each as the median of the rounds; `timeRatio`
 * is the median of ours over the default's, round by round. `floorMs` is the longest single step seen in the rounds of
 * ours, which no scheduler can split: a synchronous function, or the loop in which `Effect.forEach` spawns its children.
 */
import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { cases } from "./measure/fairness.ts"
import type { Measured } from "./measure/fairness.ts"
import { median, round, table } from "./statistics.ts"

export const summary = "lateness of a 1 ms timer while fibers work: Effect's default scheduler beside FairScheduler"

const start = (side: "default" | "ours"): ChildProcess =>
  fork(new URL("measure/fairness.ts", import.meta.url), [side], { execArgv: process.execArgv })

const roundOf = async (side: ChildProcess, name: string): Promise<Measured> => {
  side.send(name)
  const gone = once(side, "exit").then(([code]) => {
    throw new Error(`the process of "${name}" ended with ${code}`)
  })
  const [result] = (await Promise.race([once(side, "message"), gone])) as [Measured]
  gone.catch(() => {})
  return result
}

/** Runs every case; see the header. */
export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  const rows: Array<ReadonlyArray<string | number>> = [
    ["case", "default p99 ms", "ours p99 ms", "floor ms", "time ratio", "default ms", "ours ms"]
  ]
  const results = []
  for (const { name, rounds, unsplittable } of cases) {
    const theirs: Array<Measured> = []
    const ours: Array<Measured> = []
    const processes = [start("default"), start("ours")] as const
    // a round before the first warms both up, unless the rounds are long; who goes first changes from round to round
    for (let i = rounds > 3 ? 0 : 1; i <= rounds; i++) {
      log(`${name}: ${i === 0 ? "warm-up" : `round ${i} of ${rounds}`}`)
      const sides = [
        async () => theirs.push(await roundOf(processes[0], name)),
        async () => ours.push(await roundOf(processes[1], name))
      ]
      for (const side of i % 2 === 0 ? sides : sides.toReversed()) await side()
      if (i === 0) theirs.length = ours.length = 0
    }
    for (const one of processes) one.kill()
    const result = {
      name,
      defaultP99Ms: round(median(theirs.map((_) => _.p99))),
      oursP99Ms: round(median(ours.map((_) => _.p99))),
      floorMs: round(Math.max(...ours.map((_) => _.longestStep)), 3),
      timeRatio: round(median(ours.map((_, i) => _.total / theirs[i]!.total)), 3)
    }
    results.push({ ...result, unsplittable: unsplittable === true })
    rows.push([
      name,
      result.defaultP99Ms,
      result.oursP99Ms,
      result.floorMs,
      result.timeRatio,
      round(median(theirs.map((_) => _.total)), 0),
      round(median(ours.map((_) => _.total)), 0)
    ])
  }
  log("")
  log(table(rows))
  const counted = results.filter((_) => !_.unsplittable)
  return {
    bench: "fairness",
    cases: results.map(({ unsplittable: _, ...result }) => result),
    worstOursP99Ms: Math.max(...counted.map((_) => _.oursP99Ms)),
    worstTimeRatio: Math.max(...counted.map((_) => _.timeRatio))
  }
}
