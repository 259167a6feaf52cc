/**
 * The pool on worker threads: executes the actions of `poolMachine` and feeds it what happens.
 *
 * It decides nothing. Its own knowledge is what the machine has no use for: the payloads, the listeners, the threads, the
 * timers, and how each job ended.
 *
 * **Invariant**: events are stepped one after another, never inside one another. A listener may run a fiber that submits
 * the next job at once; that event waits its turn in `inbox`. Listeners are told last, after workers got their next jobs.
 */
import type { Statistics, WorkerStatistics } from "@giveway/core/Compute"
import type { computeMetrics, Ending, JobListener, JobRequest, JobRunner, Outcome, Place } from "@giveway/core/Platform"
import { findUncloneable, pack, poolMachine, succeeded } from "@giveway/core/Platform"
import type { Lane, PoolView } from "../diagnostics/protocol.ts"
import type { HousekeepingOptions } from "./housekeeping.ts"
import { Foresight } from "./foresight.ts"
import { Housekeeping } from "./housekeeping.ts"
import type { PoolJob } from "./poolJob.ts"
import * as poolJob from "./poolJob.ts"
import { causeOf, provesImport } from "./workerEnding.ts"
import { WorkerMeter } from "./workerMeter.ts"
import type { WorkerThreadListener, WorkerThreadOptions } from "./workerThread.ts"
import { WorkerThread } from "./workerThread.ts"

export interface WorkerPoolOptions extends poolMachine.PoolConfig, WorkerThreadOptions, HousekeepingOptions {
  readonly graceMs: number
  /** how long after a kill its caller waits for native code at most; `Infinity`: until it is over */
  readonly abandonMs: number
}

/** Whom the pool tells what it sees. */
export interface WorkerPoolObserver {
  readonly metrics: computeMetrics.ComputeMetrics
  /** nothing is wrong for any job, but somebody may want to know */
  readonly log: (level: "Debug" | "Warn", message: string) => void
}

/**
 * How long a worker may take to release its services when the pool closes, before it is terminated. A guess: closing a
 * connection takes milliseconds, and a program that is told to stop should stop.
 */
const stopMs = 1000

/** After this long a terminated thread is worth a word: JavaScript ends within milliseconds. */
const zombieMs = 1000

/** After this long its end is not waited for to start the next standby. A thread that only ran JavaScript takes 4 ms. */
const lingerMs = 5

/** Answers that are told by one reading of the clock: late by what so many callers do at once. A guess. */
const perReading = 16

/** How long jobs may wait behind one that turns out to be long: about as long as a timer takes to be sure. */
const watchMs = 2

/** Job numbers live in an Int32 cell of shared memory, where 0 means none. */
const maxJob = 2 ** 31 - 1

/** Takes the first; mostly there is one or none, and `shift` is a call out of compiled code. */
const first = <A>(queue: Array<A>): A | undefined => (queue.length > 1 ? queue.shift() : queue.pop())

export class WorkerPool implements JobRunner {
  private readonly options: WorkerPoolOptions
  private readonly observer: WorkerPoolObserver
  private readonly state: poolMachine.PoolState
  private readonly threads = new Map<number, WorkerThread>()
  private readonly meters = new Map<number, WorkerMeter>()
  private readonly jobs = new Map<number, PoolJob>()
  /** modules that workers have imported without harm; a new worker imports them before it is ready */
  private readonly modules = new Set<string>()
  private readonly inbox: Array<poolMachine.Event> = []
  /** to what the machine asked; heard before anything else */
  private readonly answers: Array<poolMachine.Event> = []
  private stepping = false
  /**
   * The clock, ms: as it was when answers were looked for, when a job was submitted, or when anything else happened. Not
   * read for each answer: that was a twentieth of what a job costs this thread, and what callers do between two answers is
   * no wait of a job.
   */
  private now = performance.now()
  /** answers that were told since it was read */
  private told = 0
  /** the depth of the queue that the gauge shows */
  private gauged = -1
  private readonly foresight = new Foresight()
  private watching: NodeJS.Timeout | undefined
  private lastJob = 0
  private lastBootFailure: Ending = { _tag: "WorkerExited", code: 0 }
  private readonly counts = { completed: 0, failed: 0, cancelled: 0, killed: 0 }
  private onClosed: (() => void) | undefined
  private readonly housekeeping: Housekeeping
  /** who waits until the pool is ready, or is told why it is not */
  private readonly untilReady = new Set<(failure: Error | undefined) => void>()

  constructor(options: WorkerPoolOptions, observer: WorkerPoolObserver) {
    this.options = options
    this.observer = observer
    this.state = poolMachine.make(options)
    this.housekeeping = new Housekeeping(
      options,
      (event) => this.handle(event),
      () => Array.from(this.threads, ([worker, thread]) => [worker, thread.usedHeapMb()] as const),
      (ms) => this.reportUse(ms)
    )
    this.handle({ _tag: "Start" })
  }

  submit(request: JobRequest, listener: JobListener, place: Place | undefined): number {
    const job = this.nextJob()
    const now = this.readClock()
    this.jobs.set(job, poolJob.make(request, listener, now))
    if (this.jobs.size === 1) this.keepAlive(true)
    this.handle({ _tag: "Submit", job, now, place, final: request.transfer !== undefined })
    return job
  }

  cancel(job: number): void {
    this.handle({ _tag: "Cancel", job })
  }

  grant(job: number, elements: number): void {
    const worker = this.state.sent.get(job)
    if (worker !== undefined) this.threads.get(worker)?.post({ _tag: "Grant", job, elements })
  }

  whereabouts(job: number): ReturnType<NonNullable<JobRunner["whereabouts"]>> {
    const entry = this.jobs.get(job)
    if (entry === undefined) return undefined
    const { dispatchedAt, submittedAt } = entry
    const worker = this.state.sent.get(job)
    // a job that was sent ahead waits in its worker's inbox
    const isFirst = worker !== undefined && this.state.workers.get(worker)?.inbox[0] === job
    const work = worker === undefined ? undefined : this.threads.get(worker)?.work()
    if (work?.job === job) return { state: "running", worker, since: work.since - performance.timeOrigin, work }
    return isFirst && dispatchedAt !== undefined
      ? { state: "running", worker, since: dispatchedAt }
      : { state: "queued", worker, since: submittedAt }
  }

  /** Cancels what runs, refuses what comes, and calls back when every thread has ended. */
  close(onClosed: () => void): void {
    this.onClosed = onClosed
    this.tellAll(new Error("the pool was closed before"))
    this.keepAlive(true)
    this.handle({ _tag: "Shutdown" })
  }

  /** Calls back when `minWorkers` have started, or one has failed to. Returns what ends the wait. */
  whenReady(listener: (failure: Error | undefined) => void): () => void {
    this.untilReady.add(listener)
    this.tellReady()
    this.keepAlive(this.isAwaited())
    return () => {
      this.untilReady.delete(listener)
      this.keepAlive(this.isAwaited())
    }
  }

  /** Whether somebody waits for the pool, so that it must keep the process alive. */
  private isAwaited(): boolean {
    return this.jobs.size > 0 || this.untilReady.size > 0 || this.onClosed !== undefined
  }

  private tellReady(): void {
    if (this.untilReady.size === 0) return
    const { busy, idle } = poolMachine.census(this.state)
    if (idle + busy >= this.options.minWorkers) this.tellAll(undefined)
  }

  private tellAll(failure: Error | undefined): void {
    const listeners = Array.from(this.untilReady)
    this.untilReady.clear()
    this.keepAlive(this.isAwaited())
    for (const listener of listeners) listener(failure)
  }

  statistics(): Statistics {
    const each: Array<WorkerStatistics> = []
    for (const [id, { inbox, phase, standby }] of this.state.workers) {
      const meter = this.meters.get(id)
      if (meter === undefined) continue
      const state = standby ? "standby" : (phase._tag.toLowerCase() as WorkerStatistics["state"])
      each.push({ id, state, waiting: Math.max(0, inbox.length - 1), ...meter.read() })
    }
    return { ...poolMachine.census(this.state), ...this.counts, each }
  }

  /** What the workers did since the last time. */
  private reportUse(ms: number): void {
    let busyMs = 0
    for (const meter of this.meters.values()) busyMs += meter.lately()
    this.observer.metrics.utilisation(Math.min(1, busyMs / ms / this.options.maxWorkers))
  }

  /** What each worker does, for those who look at the process. Changes nothing, at any moment (`answers.ts` in core). */
  view(): PoolView {
    const { queued, suspended } = poolMachine.census(this.state)
    const lanes: Array<Lane> = []
    for (const [worker, { inbox, phase, standby }] of this.state.workers) {
      const job = phase._tag === "Zombie" ? phase.job : inbox[0]
      const entry = job === undefined ? undefined : this.jobs.get(job)
      lanes.push({
        worker,
        phase: standby ? "standby" : phase._tag.toLowerCase(),
        task: entry?.request.name,
        forMs: entry?.dispatchedAt === undefined ? undefined : performance.now() - entry.dispatchedAt,
        ahead: Math.max(0, inbox.length - 1)
      })
    }
    return { maxWorkers: this.options.maxWorkers, queued, suspended, ...this.counts, lanes }
  }

  /** What decides whether a job that is sent now would have to wait. */
  load(): { readonly workers: number; readonly free: number; readonly idle: number; readonly queued: number } {
    const { maxWorkers: workers } = this.options
    const { idle } = poolMachine.census(this.state)
    const jobs = this.jobs.size
    return { workers, free: Math.max(0, workers - jobs), idle, queued: Math.max(0, jobs - workers) }
  }

  private nextJob(): number {
    do this.lastJob = this.lastJob === maxJob ? 1 : this.lastJob + 1
    while (this.jobs.has(this.lastJob))
    return this.lastJob
  }

  private keepAlive(alive: boolean): void {
    for (const thread of this.threads.values()) thread.keepAlive(alive)
    this.housekeeping.keepAlive(alive)
  }

  private readClock(): number {
    this.told = 0
    return (this.now = performance.now())
  }

  private handle(event: poolMachine.Event): void {
    this.inbox.push(event)
    if (this.stepping) return
    if (event._tag !== "Submit" && event._tag !== "JobDone" && event._tag !== "Ahead") this.readClock()
    this.stepping = true
    try {
      for (;;) {
        const next = first(this.answers) ?? first(this.inbox)
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
    if (action._tag === "Closed") {
      this.housekeeping.close()
      this.onClosed?.()
      return
    }
    if (action._tag === "BackOff") {
      this.housekeeping.backOff(action.ms)
      this.housekeeping.keepAlive(this.isAwaited())
      return
    }
    if (action._tag === "Drain") {
      this.housekeeping.drain()
      return
    }
    if (action._tag === "Spawn") {
      this.spawn(action.worker)
      return
    }
    const thread = this.threads.get(action.worker)
    if (thread === undefined) return
    switch (action._tag) {
      case "Dispatch": {
        this.meters.get(action.worker)?.began(this.now)
        this.dispatch(action.worker, thread, action.job)
        break
      }
      case "Withdraw": {
        const { job, worker } = action
        this.answers.push({ _tag: thread.withdraw(job) ? "Withdrawn" : "Kept", worker, job })
        break
      }
      case "RaiseCancel": {
        const { job, worker } = action
        const entry = this.jobs.get(job)
        if (entry !== undefined) entry.cancelledAt ??= performance.now()
        thread.requestCancel(job)
        thread.timer = setTimeout(() => {
          thread.collect()
          this.handle({ _tag: "GraceExpired", worker, job })
        }, this.options.graceMs)
        break
      }
      case "StopGrace": {
        clearTimeout(thread.timer)
        break
      }
      case "Terminate": {
        this.meters.get(action.worker)?.stopped(this.now)
        if (action.killed) {
          this.counts.killed++
          this.observer.metrics.killed()
        }
        thread.terminate()
        this.countZombies()
        this.watchZombie(action.worker, thread)
        break
      }
      case "Stop": {
        const { worker } = action
        thread.post({ _tag: "Stop" })
        thread.timer = setTimeout(() => this.handle({ _tag: "StopExpired", worker }), stopMs)
      }
    }
  }

  private countZombies(): void {
    this.observer.metrics.zombies(poolMachine.census(this.state).zombies)
  }

  /** What is due while a terminated thread has not ended. */
  private watchZombie(worker: number, thread: WorkerThread): void {
    const { abandonMs } = this.options
    const reportMs = Math.min(zombieMs, abandonMs)
    const stages = [
      { atMs: lingerMs, act: () => this.handle({ _tag: "Lingers", worker }) },
      { atMs: reportMs, act: () => this.reportZombie(worker, reportMs) },
      { atMs: abandonMs, act: () => this.handle({ _tag: "Abandoned", worker }) }
    ]
    const wait = (fromMs: number): void => {
      const stage = stages.shift()
      if (stage === undefined || stage.atMs === Infinity) return
      thread.timer = setTimeout(
        () => {
          stage.act()
          wait(stage.atMs)
        },
        Math.max(0, stage.atMs - fromMs)
      )
    }
    wait(0)
  }

  /** A thread that was terminated and is still there: only native code can hold it. */
  private reportZombie(worker: number, afterMs: number): void {
    const phase = this.state.workers.get(worker)?.phase
    if (phase?._tag !== "Zombie") return
    const task = phase.job === undefined ? undefined : this.jobs.get(phase.job)?.request.name
    const waits = this.options.abandonMs <= afterMs ? "is told before" : "waits until"
    const who = phase.told
      ? "Its job is over, and whoever cancelled it was told. It is held by what that job began and did not wait for, in native code (a write, asynchronous crypto)"
      : `${task === undefined ? "It released its services" : `It ran task "${task}"`}: that is in native code (a large sort or JSON.parse, crypto, a write), which nothing can stop. Whoever cancelled the job ${waits} it is over. Give such work smaller pieces`
    this.observer.log(
      "Warn",
      `Compute worker ${worker} was terminated ${afterMs} ms ago and has not ended. ${who}. Another worker has its place`
    )
  }

  private spawn(worker: number): void {
    try {
      const thread = new WorkerThread(worker, this.options, Array.from(this.modules), {
        message: (message) => this.receive(worker, message),
        looks: () => this.readClock(),
        done: (job, outcome, ranMs) => this.done(worker, job, outcome, ranMs),
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

  private dispatch(worker: number, thread: WorkerThread, job: number): void {
    const entry = this.jobs.get(job)!
    const isFirst = entry.dispatchedAt === undefined
    entry.dispatchedAt ??= this.now
    try {
      thread.put(job, entry.request)
      entry.isTimed = isFirst && thread.load === 1
      if (thread.load > 1) this.watch()
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
        if (message.complaint !== undefined)
          this.observer.log("Debug", `Compute worker ${worker}: ${message.complaint}`)
        this.meters.get(worker)?.ready()
        this.handle({ _tag: "WorkerReady", worker })
        this.tellReady()
        break
      }
      case "Elements": {
        this.jobs.get(message.job)?.listener.elements(message.elements)
        break
      }
      case "Signal": {
        this.jobs.get(message.job)?.listener.signal(message.signal)
      }
    }
  }

  private done(worker: number, job: number, outcome: Outcome, ranMs: number): void {
    if (++this.told > perReading) this.readClock()
    const entry = this.jobs.get(job)
    if (entry !== undefined) {
      entry.ending = outcome
      entry.ranMs = ranMs
      if (provesImport(outcome)) this.modules.add(entry.request.moduleUrl)
      const jobs = this.foresight.after(ranMs)
      if (jobs !== this.state.ahead) this.handle({ _tag: "Ahead", jobs })
    }
    this.handle({ _tag: "JobDone", worker, job })
  }

  /** While jobs wait behind others: looks every few ms whether a worker has got on. */
  private watch(): void {
    if (this.watching !== undefined) return
    this.watching = setTimeout(() => {
      this.watching = undefined
      let again = false
      for (const [worker, thread] of this.threads) {
        thread.collectTurn()
        if (thread.load > 1 && !thread.hasGotOn()) this.handle({ _tag: "Delayed", worker })
        if (thread.load > 1) again = true
      }
      if (again) this.watch()
    }, watchMs)
  }

  /**
   * A job that held its thread to the end awaited nothing. One whose event loop turned may have awaited what goes on
   * without it (a write in libuv's thread pool): only the exit says that this is over.
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
    this.observer.metrics.workers(this.threads.size)
    const { inbox, phase: { _tag: phase } = {} } = this.state.workers.get(worker) ?? {}
    for (const sent of inbox ?? []) poolJob.lose(this.jobs.get(sent), sent === job, ending)
    if (phase === "Starting") {
      this.lastBootFailure = ending
      // One of them may be the reason: the next worker starts without, and is ready for all other jobs.
      this.modules.clear()
    }
    if (phase === "Starting" || phase === "Idle") {
      this.observer.log("Warn", `Compute worker ${worker} ended while it ran no job: ${causeOf(ending)}`)
    }
    this.handle({ _tag: "WorkerExited", worker, job })
    if (phase === "Zombie") this.countZombies()
    if (phase === "Starting") this.tellAll(causeOf(ending))
  }

  private settle(job: number, as: poolMachine.Settlement): void {
    const entry = this.jobs.get(job)
    if (entry === undefined) return
    this.jobs.delete(job)
    if (!this.isAwaited()) this.keepAlive(false)
    const ending = poolJob.endingOf(entry, as, this.options.capacity, () => this.noWorker())
    const outcome = succeeded(ending) ? "completed" : ending._tag === "Cancelled" ? "cancelled" : "failed"
    this.counts[outcome]++
    poolJob.record(entry, outcome, this.observer.metrics, this.now)
    entry.listener.settle(ending)
  }

  private noWorker(): Ending {
    return { _tag: "WorkerUnavailable", attempts: this.state.failedBoots, cause: pack(causeOf(this.lastBootFailure)) }
  }
}
