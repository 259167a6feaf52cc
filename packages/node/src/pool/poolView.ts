/**
 * A pool seen from outside: its statistics, its lanes for the diagnostics, its load, and where a job is. Nothing here changes
 * the pool.
 */
import type { Statistics, WorkerStatistics } from "@giveway/core/Compute"
import type { JobRunner, JobTable } from "@giveway/core/Platform"
import { cut, poolMachine } from "@giveway/core/Platform"
import type { Lane, PoolView } from "../diagnostics/protocol.ts"
import type { PoolJob } from "./poolJob.ts"
import type { WorkerMeter } from "./workerMeter.ts"
import type { WorkerThread } from "./workerThread.ts"

/** The parts of a pool that are looked at. */
export interface PoolParts {
  readonly state: poolMachine.PoolState
  /** jobs that are not settled */
  readonly jobs: Pick<JobTable<PoolJob>, "get" | "size">
  readonly threads: ReadonlyMap<number, WorkerThread>
  readonly meters: ReadonlyMap<number, WorkerMeter>
  /** since the pool was made */
  readonly counts: Readonly<Record<"completed" | "failed" | "cancelled" | "killed", number>>
}

export const statistics = ({ counts, meters, state }: PoolParts): Statistics => {
  const each: Array<WorkerStatistics> = []
  for (const [id, worker] of state.workers) {
    const meter = meters.get(id)
    if (meter === undefined) continue
    const phase = phaseOf(worker) as WorkerStatistics["state"]
    each.push({ id, state: phase, waiting: waitingIn(worker), ...meter.read() })
  }
  return { ...poolMachine.census(state), ...counts, each }
}

/** The job of each worker. May be called at any moment, also inside a step (`internal/watched/answers.ts` in core). */
export const view = ({ counts, jobs, state }: PoolParts): PoolView => {
  const { queued, suspended } = poolMachine.census(state)
  const lanes: Array<Lane> = []
  for (const [id, worker] of state.workers) {
    const { inbox, phase } = worker
    const number = phase._tag === "Zombie" ? phase.job : inbox[0]
    const job = number === undefined ? undefined : jobs.get(number)
    lanes.push({
      worker: id,
      phase: phaseOf(worker),
      task: job && cut.to(cut.nameLetters, job.request.name),
      forMs: job?.dispatchedAt === undefined ? undefined : performance.now() - job.dispatchedAt,
      ahead: waitingIn(worker)
    })
  }
  return { maxWorkers: state.config.maxWorkers, queued, suspended, ...counts, lanes }
}

/** Whether a job that is sent now would have to wait. */
export const load = ({
  jobs: { size },
  state
}: PoolParts): { readonly workers: number; readonly free: number; readonly idle: number; readonly queued: number } => {
  const { maxWorkers: workers } = state.config
  const { idle } = poolMachine.census(state)
  return { workers, free: Math.max(0, workers - size), idle, queued: Math.max(0, size - workers) }
}

export const whereabouts = (
  { jobs, state, threads }: PoolParts,
  number: number
): ReturnType<NonNullable<JobRunner["whereabouts"]>> => {
  const job = jobs.get(number)
  if (job === undefined) return undefined
  const { dispatchedAt, submittedAt } = job
  const worker = state.sent.get(number)
  const work = worker === undefined ? undefined : threads.get(worker)?.work()
  if (work?.job === number) return { state: "running", worker, since: work.since - performance.timeOrigin, work }
  // a job that was sent ahead waits in its worker's inbox, behind the first
  const isFirst = worker !== undefined && state.workers.get(worker)?.inbox[0] === number
  return isFirst && dispatchedAt !== undefined
    ? { state: "running", worker, since: dispatchedAt }
    : { state: "queued", worker, since: submittedAt }
}

type Worker = Pick<poolMachine.PoolWorker, "inbox" | "phase" | "standby">

const phaseOf = ({ phase, standby }: Worker): string => (standby ? "standby" : phase._tag.toLowerCase())

/** All but the first: that one runs, or is about to. */
const waitingIn = ({ inbox }: Worker): number => Math.max(0, inbox.length - 1)
