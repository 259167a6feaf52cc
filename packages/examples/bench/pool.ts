/**
 * What does a job on a thread cost? Ours beside every worker pool of Node that is alive, and bare messages as the limit.
 *
 * Each contestant runs the same functions (`pools/jobs.ts`) on as many workers, in a fresh process per round and part;
 * the order is shuffled in every round, so that a machine that changes its mind changes it for all. Medians of the
 * rounds. Ours is `Compute.run` in fibers, schemas on; peers are set up as their files in `pools/` say.
 *
 * | field | what |
 * |---|---|
 * | `rttP50Us`, `rttP99Us` | one job at a time on one worker, from the call to its result |
 * | `floodPerSec1w`, `flood2w` | jobs that do nothing, 64 in flight, on one worker and on two |
 * | `mainUsPerJob` | CPU time of the main thread per job of the one-worker flood: what dispatch takes from I/O |
 * | `msJobsPerSec2w` | jobs of about 1 ms of arithmetic, 8 in flight, two workers |
 * | `holMs` | two workers, a job of 300 ms, then 40 short ones: until the short ones are done |
 * | `idleCpuPercent` | CPU use of a warm pool of two at rest, percent of a core |
 * | `coldStartMs` | from making a pool of one worker (its library loaded) to its first result |
 * | `rssMbPerWorker` | what each of four workers added to the process |
 *
 * Not here: knitting, faster than all by spinning: its idle workers use two cores, and a flood holds the main thread's
 * loop for 0.3 s. No service can use that.
 */
import { runChild } from "./measure/child.ts"
import { contestants, limits, peers } from "./pools/contestants.ts"
import type { ContestantName } from "./pools/contestants.ts"
import { median, round, table } from "./statistics.ts"

export const summary = "what a job on a thread costs: Compute.run beside the worker pools of Node"

export const hasQuick = true

const fields = [
  "rttP50Us",
  "rttP99Us",
  "floodPerSec1w",
  "mainUsPerJob",
  "flood2w",
  "msJobsPerSec2w",
  "holMs",
  "idleCpuPercent",
  "coldStartMs",
  "rssMbPerWorker"
] as const

type Figures = Partial<Record<(typeof fields)[number], number>>

const parts = ["one", "two", "memory"] as const

/** The whole run takes some 6 minutes on two cores; a quick one, a fifth, and its figures are rough. */
const plans = { full: { rounds: 3, patience: 1 }, quick: { rounds: 1, patience: 0.5 } }

/** A part takes some 5 s; what takes ten times that is stuck. */
const boundMs = 60_000

const shuffled = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> =>
  values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const { patience, rounds } = quick ? plans.quick : plans.full
  const names = Object.keys(contestants) as ReadonlyArray<ContestantName>
  const measured = new Map<ContestantName, Array<Figures>>(names.map((name) => [name, []]))
  for (let index = 1; index <= rounds; index++) {
    const turns = shuffled(names.flatMap((name) => parts.map((part) => ({ name, part }))))
    for (const [at, { name, part }] of turns.entries()) {
      log(`round ${index} of ${rounds}, ${at + 1} of ${turns.length}: ${name}, part ${part}`)
      const end = await runChild<Figures>({ script: "pool.ts", args: [name, part, String(patience)], boundMs })
      if (end._tag === "Result") measured.get(name)!.push(end.value)
      else log(`  no figures: ${end._tag === "Hung" ? "it hung" : `ended by ${end.by}`}\n${end.said}`)
    }
  }

  /** Medians; a field nobody could measure is left out. */
  const figuresOf = (name: ContestantName): Figures => {
    const figures: Figures = {}
    for (const field of fields) {
      const values = measured.get(name)!.flatMap((each) => each[field] ?? [])
      if (values.length > 0) figures[field] = round(median(values))
    }
    return figures
  }

  log("")
  const row = (name: ContestantName): ReadonlyArray<string | number> => {
    const figures = figuresOf(name)
    return [name as string | number].concat(fields.map((field) => shown(figures[field])))
  }
  log(table([["", ...fields], ...names.map(row)]))
  return {
    bench: "pool",
    ours: figuresOf("giveway"),
    peers: Object.fromEntries(peers.map((name) => [name, figuresOf(name)])),
    limits: Object.fromEntries(limits.map((name) => [name, figuresOf(name)]))
  }
}

/** Thousands of jobs need no decimals. */
const shown = (value: number | undefined): number | string =>
  value === undefined ? "–" : round(value, value >= 100 ? 0 : 2)
