/**
 * The pool on worker threads: executes the actions of `poolMachine`, and feeds it the events.
 *
 * The machine decides which job runs where, and which worker lives. This file decides only what needs knowledge of threads
 * or modules: whether the end of a thread's code is the end of its job (`stopped`), which modules a new worker imports, and
 * how many jobs may be sent ahead (`foresight.ts`). It holds the things that the machine has no use for: the jobs' requests
 * and listeners, the threads, the timers, and how each job ended.
 *
 * **Invariant**: events are stepped one after another, never inside one another. A listener may run a fiber that submits
 * the next job at once: that event waits in `events`. Listeners are told last, after workers got their next jobs.
 *
 * Parts of it with a file of their own: the view from outside (`poolView.ts`), callers that wait until it is ready
 * (`readiness.ts`), threads that do not end (`zombies.ts`), jobs that wait behind a long one (`delays.ts`), the slow clocks
 * (`housekeeping.ts`), all that it warns of (`health/poolWarnings.ts`).
 */
import type { Statistics } from "@giveway/core/Compute"
import type {
  computeMetrics,
  Ending,
  JobListener,
  JobRequest,
  JobRunner,
  Outcome,
  Standing
} from "@giveway/core/Platform"
import { findUncloneable, JobTable, pack, poolMachine, reloads, succeeded } from "@giveway/core/Platform"
import type { PoolView } from "../diagnostics/protocol.ts"
import { Delays } from "./delays.ts"
import { Foresight } from "./foresight.ts"
import type { HousekeepingOptions } from "./housekeeping.ts"
import { Housekeeping } from "./housekeeping.ts"
import type { PoolJob } from "./poolJob.ts"
import * as poolJob from "./poolJob.ts"
import type { PoolParts } from "./poolView.ts"
import * as poolView from "./poolView.ts"
import { Readiness } from "./readiness.ts"
import { causeOf, provesImport } from "./health/endingFacts.ts"
import { CoreWatch } from "./health/coreWatch.ts"
import { PoolWarnings } from "./health/poolWarnings.ts"
import { WorkerMeter } from "./workerMeter.ts"
import type { WorkerThreadListener, WorkerThreadOptions } from "./workerThread.ts"
import { WorkerThread } from "./workerThread.ts"
import * as zombies from "./zombies.ts"

export interface WorkerPoolOptions extends poolMachine.PoolConfig, WorkerThreadOptions, HousekeepingOptions {
  readonly graceMs: number
  /** how long after a kill the job's caller waits for native code at most; `Infinity`: until it is over */
  readonly abandonMs: number
}

/** Where the pool reports. */
interface WorkerPoolObserver {
  readonly metrics: computeMetrics.ComputeMetrics
  /** news that concern no single job */
  readonly log: (level: "Debug" | "Warn", message: string) => void
}

/**
 * How long a worker may take to release its services when it is asked to end, before it is terminated. A guess: closing a
 * connection takes milliseconds, and a program that is told to stop should stop.
 */
const stopMs = 1000

/** Outcomes that are told by one reading of the clock: it is late by the time that so many callers take at once. A guess. */
const perReading = 16

/** Job numbers live in an Int32 cell of shared memory, where 0 means none. */
const maxJob = 2 ** 31 - 1

/** Takes the first; mostly there is one or none, and `shift` is a call out of compiled code. */
const first = <A>(queue: Array<A>): A | undefined => (queue.length > 1 ? queue.shift() : queue.pop())

type WorkerAction = Exclude<poolMachine.Action, { readonly _tag: "Settle" | "Spawn" | "BackOff" | "Drain" | "Closed" }>

export class WorkerPool implements JobRunner {
  private readonly options: WorkerPoolOptions
  private readonly observer: WorkerPoolObserver
  private readonly state: poolMachine.PoolState
  private readonly threads = new Map<number, WorkerThread>()
  private readonly meters = new Map<number, WorkerMeter>()
  private readonly jobs = new JobTable<PoolJob>()
  private readonly counts = { completed: 0, failed: 0, cancelled: 0, killed: 0 }
  private readonly parts: PoolParts
  /** modules that workers have imported without harm; a new worker imports them before it is ready */
  private readonly modules = new Set<string>()
  /** events that were not stepped yet */
  private readonly events: Array<poolMachine.Event> = []
  /** replies to `Withdraw`: stepped before anything else */
  private readonly replies: Array<poolMachine.Event> = []
  private stepping = false
  /**
   * The time, ms, at which outcomes were looked for last, or a job was submitted, or another event came. The clock is not
   * read for each outcome: that was a twentieth of a job's cost on this thread, and the time that callers take between two
   * outcomes is no wait of a job.
   */
  private now = performance.now()
  /** outcomes that were told since the clock was read */
  private told = 0
  /** the depth of the queue that the gauge shows */
  private gauged = -1
  private readonly foresight = new Foresight()
  private readonly delays = new Delays(this.threads, (worker) => this.handle({ _tag: "Delayed", worker }))
  private readonly readiness = new Readiness(() => this.keepAlive(this.isAwaited()))
  private readonly coreWatch: CoreWatch
  private readonly warnings: PoolWarnings
  private readonly housekeeping: Housekeeping
  /** how often the program had loaded a module again when the oldest worker began */
  private reloads = reloads()
  private lastJob = 0
  private onClosed: (() => void) | undefined

  constructor(options: WorkerPoolOptions, observer: WorkerPoolObserver) {
    this.options = options
    this.observer = observer
    this.state = poolMachine.make(options)
    this.coreWatch = new CoreWatch(
      this.threads,
      options.priority,
      (worker) => this.jobs.get(this.state.workers.get(worker)?.inbox[0] ?? 0)?.request.name ?? "",
      (text) => observer.log("Warn", text)
    )
    this.warnings = new PoolWarnings(options, observer.log)
    const { counts, jobs, meters, state, threads } = this
    this.parts = { counts, jobs, meters, state, threads }
    this.housekeeping = new Housekeeping(
      options,
      (event) => this.handle(event),
      () => Array.from(threads, ([worker, thread]) => [worker, thread.usedHeapMb()] as const),
      (ms) => this.reportUse(ms)
    )
    this.handle({ _tag: "Start" })
  }

  submit(request: JobRequest, listener: JobListener, standing: Standing | undefined): number {
    const job = this.nextJob()
    const now = this.readClock()
    if (reloads() !== this.reloads) this.replaceWorkers()
    this.jobs.set(job, poolJob.make(request, listener, now))
    if (this.jobs.size === 1) {
      this.keepAlive(true)
      this.housekeeping.measure()
    }
    this.handle({ _tag: "Submit", job, now, standing, final: request.transfer !== undefined })
    return job
  }

  cancel(job: number): void {
    this.handle({ _tag: "Cancel", job })
  }

  grant(job: number, elements: number): void {
    const worker = this.state.sent.get(job)
    if (worker !== undefined) this.threads.get(worker)?.post({ _tag: "Grant", job, elements })
  }

  /** Cancels the jobs that run, refuses new ones, and calls back when every thread has ended. */
  close(onClosed: () => void): void {
    this.onClosed = onClosed
    this.readiness.tell(new Error("the pool was closed before"))
    this.keepAlive(true)
    this.handle({ _tag: "Shutdown" })
  }

  /** Calls back when `minWorkers` have started, or one has failed to. Returns a function that ends the wait. */
  whenReady(listener: (failure: Error | undefined) => void): () => void {
    const stop = this.readiness.add(listener)
    this.tellReady()
    return stop
  }

  // --- the view from outside ----------------------------------------------------------------------------------------

  whereabouts(job: number): ReturnType<NonNullable<JobRunner["whereabouts"]>> {
    return poolView.whereabouts(this.parts, job)
  }

  statistics(): Statistics {
    return poolView.statistics(this.parts)
  }

  view(): PoolView {
    return poolView.view(this.parts)
  }

  load(): ReturnType<typeof poolView.load> {
    return poolView.load(this.parts)
  }

  // --- its events ---------------------------------------------------------------------------------------------------

  /** Hot. Steps the machine, executes its actions, and goes on with the events that came meanwhile. */
  private handle(event: poolMachine.Event): void {
    this.events.push(event)
    if (this.stepping) return
    if (event._tag !== "Submit" && event._tag !== "JobDone" && event._tag !== "Ahead") this.readClock()
    this.stepping = true
    try {
      for (;;) {
        const next = first(this.replies) ?? first(this.events)
        if (next === undefined) break
        const actions = poolMachine.step(this.state, next)
        if (next._tag === "JobDone") {
          this.meters.get(next.worker)?.ended(this.state.workers.get(next.worker)?.phase._tag !== "Busy", this.now)
        }
        for (const action of actions) if (action._tag !== "Settle") this.execute(action)
        for (const action of actions) if (action._tag === "Settle") this.settle(action.job, action.as)
      }
    } finally {
      this.stepping = false
    }
    if (this.state.queued.size === this.gauged) return
    this.gauged = this.state.queued.size
    this.observer.metrics.queued(this.gauged)
  }

  private execute(action: Exclude<poolMachine.Action, { readonly _tag: "Settle" }>): void {
    switch (action._tag) {
      case "Spawn": {
        this.spawn(action.worker)
        break
      }
      case "BackOff": {
        this.warnings.obituaries.backOff(this.state.deaths.inARow, action.ms)
        this.housekeeping.backOff(action.ms)
        this.housekeeping.keepAlive(this.isAwaited())
        break
      }
      case "Drain": {
        this.housekeeping.drain()
        break
      }
      case "Closed": {
        this.housekeeping.close()
        this.onClosed?.()
        break
      }
      default: {
        const thread = this.threads.get(action.worker)
        if (thread !== undefined) this.executeOn(thread, action)
      }
    }
  }

  private executeOn(thread: WorkerThread, action: WorkerAction): void {
    const { worker } = action
    switch (action._tag) {
      case "Dispatch": {
        this.meters.get(worker)?.began(this.now)
        this.dispatch(worker, thread, action.job)
        break
      }
      case "Withdraw": {
        const { job } = action
        this.replies.push({ _tag: thread.withdraw(job) ? "Withdrawn" : "Kept", worker, job })
        break
      }
      case "RaiseCancel": {
        const { job } = action
        const entry = this.jobs.get(job)
        if (entry !== undefined) entry.cancelledAt ??= performance.now()
        thread.requestCancel(job)
        thread.after(this.options.graceMs, () => {
          thread.collect()
          this.handle({ _tag: "GraceExpired", worker, job })
        })
        break
      }
      case "StopGrace": {
        thread.stopTimer()
        break
      }
      case "Terminate": {
        this.meters.get(worker)?.stopped(this.now)
        if (action.killed) {
          this.counts.killed++
          this.observer.metrics.killed()
          this.reportKill(worker)
        }
        thread.terminate()
        this.countZombies()
        zombies.watch(thread, this.options.abandonMs, {
          lingers: () => this.handle({ _tag: "Lingers", worker }),
          overdue: (afterMs) => this.reportZombie(worker, afterMs),
          abandoned: () => this.handle({ _tag: "Abandoned", worker })
        })
        break
      }
      case "Stop": {
        thread.post({ _tag: "Stop" })
        thread.after(stopMs, () => this.handle({ _tag: "StopExpired", worker }))
      }
    }
  }

  private settle(job: number, as: poolMachine.Settlement): void {
    const entry = this.jobs.get(job)
    if (entry === undefined) return
    this.jobs.delete(job)
    if (!this.isAwaited()) this.keepAlive(false)
    const ending = poolJob.endingOf(entry, as, this.options.capacity, () => this.workerUnavailable())
    const outcome = succeeded(ending) ? "completed" : ending._tag === "Cancelled" ? "cancelled" : "failed"
    this.counts[outcome]++
    poolJob.record(entry, outcome, this.observer.metrics, this.now)
    entry.listener.settle(ending)
  }

  // --- its threads --------------------------------------------------------------------------------------------------

  /** The program has loaded a module again. Jobs that were submitted before may still run on the old code. */
  private replaceWorkers(): void {
    this.reloads = reloads()
    this.modules.clear()
    this.observer.log("Debug", "A module with tasks was loaded again: workers that hold its old code are replaced")
    this.handle({ _tag: "Reloaded" })
  }

  private spawn(worker: number): void {
    const { observer } = this
    try {
      const thread = new WorkerThread(worker, this.options, Array.from(this.modules), {
        message: (message) => this.receive(worker, message),
        looks: () => this.readClock(),
        done: (job, outcome, ranMs) => this.done(worker, job, outcome, ranMs),
        slow: (warning) => observer.log("Warn", warning),
        stopped: () => this.stopped(worker),
        exited: (ending) => this.exited(worker, ending)
      })
      this.threads.set(worker, thread)
      this.meters.set(worker, new WorkerMeter())
      this.observer.metrics.workers(this.threads.size)
      thread.keepAlive(this.isAwaited())
    } catch (error) {
      this.exited(worker, { _tag: "JobDied", cause: pack(error) })
    }
  }

  /** Hot. */
  private dispatch(worker: number, thread: WorkerThread, job: number): void {
    const entry = this.jobs.get(job)!
    const isFirst = entry.dispatchedAt === undefined
    entry.dispatchedAt ??= this.now
    try {
      thread.put(job, entry.request)
      entry.isTimed = isFirst && thread.load === 1
      if (thread.load > 1) this.delays.watch()
      this.coreWatch.watch()
    } catch (refusal) {
      entry.ending = {
        _tag: "PayloadNotCloneable",
        ...findUncloneable(entry.request.payload, refusal, entry.request.transfer)
      }
      this.handle({ _tag: "JobDone", worker, job })
    }
  }

  private receive(worker: number, message: Parameters<WorkerThreadListener["message"]>[0]): void {
    switch (message._tag) {
      case "Ready": {
        this.warnings.ready(worker, message)
        this.meters.get(worker)?.ready()
        this.handle({ _tag: "WorkerReady", worker })
        this.tellReady()
        break
      }
      case "Stray": {
        this.warnings.obituaries.stray(worker, message.harm)
        this.handle({ _tag: "Spoilt", worker })
        break
      }
      case "Handlers": {
        this.warnings.kills.learn(message.moduleUrl, message.handlers)
        break
      }
      case "Elements": {
        if (!this.isOf(worker, message.job)) break
        this.jobs.get(message.job)?.listener.elements(message.elements)
        break
      }
      case "Signal": {
        if (!this.isOf(worker, message.job)) break
        this.jobs.get(message.job)?.listener.signal(message.signal)
      }
    }
  }

  /** Whether the worker may speak of the job: it was sent it, or was killed for it. */
  private isOf(worker: number, job: number): boolean {
    if (this.state.sent.get(job) === worker) return true
    const phase = this.state.workers.get(worker)?.phase
    return phase?._tag === "Zombie" && phase.job === job
  }

  /** Hot. */
  private done(worker: number, job: number, outcome: Outcome, ranMs: number): void {
    if (++this.told > perReading) this.readClock()
    const entry = this.jobs.get(job)
    if (entry !== undefined) {
      entry.ending = outcome
      entry.ranMs = ranMs
      if (provesImport(outcome)) this.modules.add(entry.request.moduleUrl)
      if (this.warnings.warmth.hasCold && succeeded(outcome)) this.warnings.warmth.ran(worker, entry.request)
      const jobs = this.foresight.after(ranMs)
      if (jobs !== this.state.ahead) this.handle({ _tag: "Ahead", jobs })
    }
    this.handle({ _tag: "JobDone", worker, job })
  }

  /**
   * The code of a killed worker has stopped. A job that held its thread to the end awaited nothing, so it is over. A job
   * whose event loop turned may have awaited work that goes on without JavaScript (a write in libuv's thread pool): only
   * the exit says that this is over.
   */
  private stopped(worker: number): void {
    const phase = this.state.workers.get(worker)?.phase
    if (phase?._tag !== "Zombie") return
    if (phase.job !== undefined && this.threads.get(worker)?.hasHeardCancel(phase.job) === true) return
    this.handle({ _tag: "CodeStopped", worker })
  }

  private exited(worker: number, ending: Ending): void {
    const job = this.threads.get(worker)?.begun() ?? 0
    this.threads.delete(worker)
    this.meters.delete(worker)
    this.warnings.warmth.delete(worker)
    this.observer.metrics.workers(this.threads.size)
    const { inbox, phase: { _tag: phase } = {} } = this.state.workers.get(worker) ?? {}
    for (const sent of inbox ?? []) poolJob.lose(this.jobs.get(sent), sent === job, ending)
    const isDeath = phase !== undefined && phase !== "Zombie" && phase !== "Stopping"
    if (isDeath) this.warnings.obituaries.add(worker, ending, job === 0)
    // A module may be the reason: the next worker starts without them, and is ready for all other jobs.
    if (isDeath && job === 0) this.modules.clear()
    this.handle({ _tag: "WorkerExited", worker, job, now: performance.now() })
    if (phase === "Zombie") this.countZombies()
    if (isDeath && job === 0) this.readiness.tell(causeOf(ending))
  }

  private countZombies(): void {
    this.observer.metrics.zombies(poolMachine.census(this.state).zombies)
  }

  private reportKill(worker: number): void {
    const phase = this.state.workers.get(worker)?.phase
    const job = phase?._tag === "Zombie" && phase.job !== undefined ? this.jobs.get(phase.job) : undefined
    if (job !== undefined) this.warnings.killed(worker, job.request)
  }

  private reportZombie(worker: number, terminatedMsAgo: number): void {
    const phase = this.state.workers.get(worker)?.phase
    if (phase?._tag !== "Zombie") return
    const task = phase.job === undefined ? undefined : this.jobs.get(phase.job)?.request.name
    this.warnings.lingers({ worker, task, isCallerTold: phase.told, terminatedMsAgo })
  }

  // --- the rest -----------------------------------------------------------------------------------------------------

  private tellReady(): void {
    if (!this.readiness.isAwaited) return
    const { busy, idle } = poolMachine.census(this.state)
    if (idle + busy >= this.options.minWorkers) this.readiness.tell(this.warnings.warmth.failure)
  }

  private workerUnavailable(): Ending {
    return {
      _tag: "WorkerUnavailable",
      attempts: this.state.deaths.inARow,
      cause: pack(this.warnings.obituaries.lastCause)
    }
  }

  /** Whether a caller waits for the pool, so that it must keep the process alive. */
  private isAwaited(): boolean {
    return this.jobs.size > 0 || this.readiness.isAwaited || this.onClosed !== undefined
  }

  private keepAlive(alive: boolean): void {
    for (const thread of this.threads.values()) thread.keepAlive(alive)
    this.housekeeping.keepAlive(alive)
  }

  /** Reports how busy the workers were during the last `ms`. Returns whether they were, or there are jobs. */
  private reportUse(ms: number): boolean {
    let busyMs = 0
    for (const meter of this.meters.values()) busyMs += meter.lately()
    this.observer.metrics.utilisation(Math.min(1, busyMs / ms / this.options.maxWorkers))
    return busyMs > 0 || this.jobs.size > 0
  }

  private nextJob(): number {
    do this.lastJob = this.lastJob === maxJob ? 1 : this.lastJob + 1
    while (this.jobs.has(this.lastJob))
    return this.lastJob
  }

  private readClock(): number {
    this.told = 0
    return (this.now = performance.now())
  }
}
