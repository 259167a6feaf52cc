/**
 * Notices workers that have a job and get no core.
 *
 * Workers run at a low priority, so beside a program that keeps the cores busy they may hardly run at all. From inside that
 * looks like a slow job, or like one that never begins. The operating system knows better: it counts how long a thread ran and
 * how long it was ready without a core (`watch/threadTimes.ts`, on Linux).
 *
 * It looks once a second while workers have jobs, and not at all otherwise.
 *
 * **Invariant**: a worker is accused of nothing while its thread sleeps: a job that waits for a server needs no core.
 *
 * Decision 0116.
 */
import type * as Sysmon from "@giveway/core/Sysmon"

export const lookMs = 1000

/** The time over which a worker is judged: two looks, so that no short burst of another program counts. A guess. */
const windowMs = 1.9 * lookMs

/**
 * The part of it in which the worker had no core. Two threads on one core wait half of the time each, which is fair. A guess
 * between that and the 0.9 of a thread at nice 10 beside one at nice 0.
 */
const mostWaiting = 0.8

/** Between two warnings, ms. The cause lasts, and the first one said it all. A guess. */
const rareMs = 300_000

/** A worker that has jobs. */
export interface Busy {
  readonly worker: number
  /** of its first job */
  readonly task: string
  /** its counters now; `undefined` where the system has none */
  readonly times: Sysmon.Reading | undefined
}

/** What was seen of a worker since it was last without a job, or asleep at a look. */
interface Seen {
  readonly first: Sysmon.Reading
  readonly last: Sysmon.Reading
  readonly waitedMs: number
}

/** A worker's wait. */
interface Wait {
  readonly worker: number
  readonly task: string
  readonly ranMs: number
  readonly waitedMs: number
}

export class CoreWaits {
  private seen = new Map<number, Seen>()
  private saidAt = -Infinity

  /** Looks at all workers that have jobs. Returns the wait to warn of, if there is one. */
  look(now: number, workers: ReadonlyArray<Busy>): Wait | undefined {
    const seen = new Map<number, Seen>()
    let worst: Wait | undefined
    for (const { task, times, worker } of workers) {
      if (times === undefined || times.asleep) continue
      const before = this.seen.get(worker) ?? { first: times, last: times, waitedMs: 0 }
      const waitedMs = before.waitedMs + waitBetween(before.last, times)
      const spanMs = times.at - before.first.at
      if (spanMs < windowMs) {
        seen.set(worker, { ...before, last: times, waitedMs })
        continue
      }
      seen.set(worker, { first: times, last: times, waitedMs: 0 })
      const ranMs = times.ranMs - before.first.ranMs
      if (waitedMs >= mostWaiting * spanMs && waitedMs > (worst?.waitedMs ?? 0))
        worst = { worker, task, ranMs, waitedMs }
    }
    this.seen = seen
    if (worst === undefined || now - this.saidAt < rareMs) return undefined
    this.saidAt = now
    return worst
  }
}

/**
 * How long a thread that was awake at both looks had no core between them. Linux counts a wait when it is over. So the time
 * that is not counted is sleep, or a wait that goes on. It is a wait if the thread hardly ran: who sleeps most of the time is
 * not awake at each look.
 */
const waitBetween = (last: Sysmon.Reading, now: Sysmon.Reading): number => {
  const spanMs = now.at - last.at
  const ranMs = now.ranMs - last.ranMs
  const countedMs = now.noCoreMs - last.noCoreMs
  return ranMs < hardly * spanMs ? Math.max(0, spanMs - ranMs) : Math.min(spanMs, countedMs)
}

/** A thread at nice 19 beside one at nice 0 gets 0.015 of a core. */
const hardly = 0.01

/** The warning. `usedCores`: how many cores this process used in that time. */
export const describe = (
  { ranMs, task, waitedMs, worker }: Wait,
  priority: number | false,
  { cores, usedCores }: { readonly cores: number; readonly usedCores: number }
): string => {
  const nice = priority === false ? 0 : priority
  return `Compute worker ${worker} waits for a core: with a job of task "${task}" at hand it ran for ${Math.round(ranMs)} ms, and was ready without a core for ${Math.round(waitedMs)} ms. ${
    usedCores > 0.75 * cores
      ? `This process itself keeps the cores busy (${usedCores.toFixed(1)} of ${cores}): use fewer workers`
      : `Other programs keep the cores busy: this process used ${usedCores.toFixed(1)} of ${cores}. ${
          nice > 0
            ? `Workers run at nice ${nice}, so those go first. Give the option priority of NodeCompute a smaller number, or this process more cores`
            : "Give this process more cores"
        }`
  }`
}
