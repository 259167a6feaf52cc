/**
 * Looks once a second whether a worker that has a job gets a core, and warns if it does not (`coreWaits.ts` decides); and whether
 * it begins its next job, and gives it up if it does not (`beginWatch.ts`).
 *
 * The timer runs only while workers have jobs, and keeps no process alive.
 */
import { availableParallelism } from "node:os"
import type { Look } from "./beginWatch.ts"
import { BeginWatch } from "./beginWatch.ts"
import * as coreWaits from "./coreWaits.ts"

interface Thread {
  readonly load: number
  readonly times: (at: number) => coreWaits.Busy["times"]
  readonly beginning: (cpuMs: number | undefined) => Look
  readonly giveUp: (why: Error) => void
}

export class CoreWatch {
  private readonly threads: ReadonlyMap<number, Thread>
  private readonly priority: number | false
  private readonly taskOf: (worker: number) => string
  private readonly warn: (text: string) => void
  private readonly waits = new coreWaits.CoreWaits()
  private readonly begins = new BeginWatch()
  private timer: NodeJS.Timeout | undefined
  /** when it looked last, and the process's CPU time then, ms */
  private lookedAt = 0
  private usedMs = 0

  constructor(
    threads: ReadonlyMap<number, Thread>,
    priority: number | false,
    taskOf: (worker: number) => string,
    warn: (text: string) => void
  ) {
    this.threads = threads
    this.priority = priority
    this.taskOf = taskOf
    this.warn = warn
  }

  /** Hot. A worker was sent a job. */
  watch(): void {
    this.timer ??= setTimeout(this.look, coreWaits.lookMs).unref()
  }

  private readonly look = (): void => {
    this.timer = undefined
    const now = performance.now()
    const busy: Array<coreWaits.Busy> = []
    for (const [worker, thread] of this.threads) {
      if (thread.load === 0) continue
      const times = thread.times(now)
      busy.push({ worker, task: this.taskOf(worker), times })
      const why = this.begins.look(worker, thread.beginning(times?.ranMs))
      if (why !== undefined) thread.giveUp(new Error(why))
    }
    this.begins.keep(this.threads)
    const wait = this.waits.look(now, busy)
    const { system, user } = process.cpuUsage()
    const usedMs = (system + user) / 1000
    if (wait !== undefined) {
      const usedCores = (usedMs - this.usedMs) / (now - this.lookedAt)
      this.warn(coreWaits.describe(wait, this.priority, { cores: availableParallelism(), usedCores }))
    }
    this.usedMs = usedMs
    this.lookedAt = now
    if (busy.length > 0) this.watch()
  }
}
