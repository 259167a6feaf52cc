/**
 * One round of the soak: a pool with drawn options, some thousand jobs of all kinds, and then the books.
 *
 * Every job settles once (a lost one would never let the round end: `main.ts` watches), with the answer that is its own;
 * it began at most once; nothing of it runs when its caller has been told. Then the pool is closed, in some rounds under
 * the jobs' feet, and must end.
 */
import { Compute, FairScheduler } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Exit, Fiber, Layer, Random, Scheduler, Scope } from "effect"
import { Cell } from "./jobs.ts"
import { between, describe, draw } from "./kinds.ts"
import type { Drawn, KindName, Outcome } from "./kinds.ts"
import * as log from "./log.ts"

export interface RoundOptions {
  readonly maxWorkers: number
  readonly graceMs: number
  readonly capacity: number
  readonly overflow: "suspend" | "fail" | "drop"
  readonly standby: boolean
  /** jobs per worker, ms of idleness */
  readonly recycleAfter: number | undefined
  readonly idleMs: number | undefined
  readonly fair: boolean
  /** callers at a time */
  readonly callers: number
  /** the pool is closed while jobs run and wait */
  readonly closedInFlight: boolean
}

/** Shared by the round and whoever watches it. */
export interface Books {
  /** jobs that were asked for and have no answer yet, with their kinds */
  readonly open: Map<number, KindName>
  readonly counts: Map<KindName, Map<string, number>>
  readonly complaints: Array<string>
  settled: number
}

export interface RoundReport {
  readonly options: RoundOptions
  readonly statistics: Compute.Statistics
}

/** of its jobs; the others are refused, so let them be few */
const closedAfter = 0.8

const drawOptions = (seed: string, round: number): Effect.Effect<RoundOptions> =>
  Effect.gen(function* () {
    const closedInFlight = (yield* between(0, 3)) === 0
    const maxWorkers = yield* between(1, 4)
    const capacity = yield* Random.choice([0, 4, 1000] as const)
    const overflow = yield* Random.choice(["suspend", "suspend", "suspend", "fail", "drop"] as const)
    return {
      maxWorkers,
      graceMs: yield* between(10, 40),
      capacity,
      overflow,
      standby: yield* Random.choice([true, true, false] as const),
      recycleAfter: yield* Random.choice([undefined, undefined, 100] as const),
      idleMs: yield* Random.choice([undefined, undefined, 100] as const),
      fair: yield* Random.choice([true, false] as const),
      // where overflow fails some, few are too many: the others are to get their answers
      callers: overflow !== "suspend" ? maxWorkers + Math.min(capacity, 60) + 1 : yield* between(2, 65),
      closedInFlight
    }
  }).pipe(Random.withSeed(`${seed}/options/${round}`))

const label = (outcome: Outcome): string =>
  outcome._tag === "Failure" ? ((outcome.error as { readonly _tag?: string })._tag ?? "Failure") : outcome._tag

/** What may happen to any job of such a round, besides what its kind says. */
const excused = ({ closedInFlight, overflow }: RoundOptions, outcome: Outcome): boolean => {
  const tag = label(outcome)
  return (closedInFlight && tag === "ComputeClosed") || (overflow !== "suspend" && tag === "ComputeOverloaded")
}

/** Runs round number `round` with `size` jobs from number `first` on. */
export const run = Effect.fnUntraced(function* (
  seed: string,
  round: number,
  first: number,
  size: number,
  books: Books
) {
  const options = yield* drawOptions(seed, round)
  const { callers, capacity, closedInFlight, fair, graceMs, idleMs, maxWorkers, overflow, recycleAfter, standby } =
    options
  const ledger = new SharedArrayBuffer(4 * Cell.size * size)
  const cells = new Int32Array(ledger)
  const checks: Array<() => void> = []
  let unfinished = 0
  const complain = (id: number, kind: string, what: string): void => {
    books.complaints.push(`job ${id} (${kind}) in round ${round}: ${what}`)
  }

  const scope = yield* Scope.make()
  const context = yield* NodeCompute.layer({
    maxWorkers,
    minWorkers: 0,
    grace: graceMs,
    queue: { capacity, overflow },
    standby,
    recycle: { jobs: recycleAfter },
    idleTimeToLive: idleMs,
    maxHeapMb: 64
  }).pipe(Layer.provideMerge(log.layer), Layer.buildWithScope(scope))

  const settle = (
    id: number,
    line: number,
    { finalizes, judge, kind, ledger }: Drawn & { readonly kind: KindName }
  ) => {
    let times = 0
    return (outcome: Outcome): void => {
      if (++times > 1) complain(id, kind, `settled ${times} times`)
      books.open.delete(id)
      books.settled++
      const counts = books.counts.get(kind) ?? new Map<string, number>()
      books.counts.set(kind, counts.set(label(outcome), (counts.get(label(outcome)) ?? 0) + 1))
      const other = excused(options, outcome)
      const wrong = other ? undefined : judge(outcome)
      if (wrong !== undefined) complain(id, kind, wrong)
      checks.push(() => {
        const at = line * Cell.size
        const [began, ended] = [cells[at + Cell.began]!, cells[at + Cell.ended]!]
        if (finalizes === true && began > ended) unfinished++
        if (began > 1) complain(id, kind, `ran ${began} times`)
        else if (!other && ledger !== undefined && !ledger(began, ended, outcome)) {
          complain(id, kind, `its ledger says began ${began}, ended ${ended}; its caller got ${describe(outcome)}`)
        }
      })
    }
  }

  const one = (line: number) =>
    Effect.gen(function* () {
      const id = first + line
      const drawn = yield* draw(seed, { id, ledger, line })
      books.open.set(id, drawn.kind)
      const outcome = yield* drawn.run
      settle(id, line, drawn)(outcome)
      // else it would be refused thousands of times while a worker boots
      if (label(outcome) === "ComputeOverloaded") yield* Effect.sleep(5)
    })

  const jobs = Effect.forEach(
    Array.from({ length: size }, (_, line) => line),
    one,
    { concurrency: callers, discard: true }
  ).pipe(Effect.provide(context))
  const running = yield* Effect.forkChild(
    fair ? Effect.provideService(jobs, Scheduler.Scheduler, FairScheduler.make()) : jobs
  )
  if (closedInFlight) {
    const enough = books.settled + Math.floor(size * closedAfter)
    while (books.settled < enough) yield* Effect.sleep(1)
    yield* Scope.close(scope, Exit.void)
  }
  const exit = yield* Effect.exit(Fiber.join(running))
  if (Exit.isFailure(exit)) books.complaints.push(`round ${round} itself failed: ${String(exit.cause)}`)

  const statistics = yield* Compute.statistics.pipe(Effect.provide(context))
  const { busy, completed, cancelled, failed, queued, suspended, workers, zombies } = statistics
  if (busy + queued + suspended > 0) {
    books.complaints.push(
      `round ${round}: all is settled, and the pool says busy ${busy}, queued ${queued}, suspended ${suspended}`
    )
  }
  if (completed + cancelled + failed > size) {
    books.complaints.push(`round ${round}: ${size} jobs, and the pool counts ${completed + cancelled + failed}`)
  }
  if (closedInFlight && workers + zombies > 0) {
    books.complaints.push(`round ${round}: the pool is closed and has ${workers} workers, ${zombies} zombies`)
  }

  const before = Int32Array.from(cells)
  yield* Effect.sleep(30)
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] !== before[at]) complain(first + Math.floor(at / Cell.size), "any", "still runs after it was settled")
  }
  for (const check of checks) check()
  if (unfinished > statistics.killed) {
    books.complaints.push(
      `round ${round}: ${unfinished} jobs did not run their finalizers, and only ${statistics.killed} workers were killed`
    )
  }

  yield* Scope.close(scope, Exit.void)
  const after = yield* Compute.statistics.pipe(Effect.provide(context))
  if (after.workers + after.zombies > 0) {
    books.complaints.push(`round ${round}: closed, and ${after.workers} workers, ${after.zombies} zombies are left`)
  }
  return { options, statistics } satisfies RoundReport
})
