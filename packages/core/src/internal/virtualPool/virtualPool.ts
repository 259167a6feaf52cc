/**
 * A pool whose workers are virtual: the pool machine of production, and around it a shell that starts no thread. A job takes the
 * time that its cost says, on the clock of the test, and then its handler runs on a fiber of this thread.
 *
 * The machine decides as in production: the order of the queue, keys, priorities, the grace, kills, the standby, back-offs. This file
 * does what `packages/node/src/pool/workerPool.ts` does with threads. It sends no job ahead to a busy worker, so a worker
 * begins each job that it is sent.
 *
 * **Invariants**: events are stepped one after another, never inside one another; a job is settled once, by the machine alone; a
 * job that was killed in its cost never begins its handler.
 *
 * Rejected: a queue written for tests, which would differ from that of production where it matters.
 *
 * Decision 0167.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Statistics } from "../job/computeService.ts"
import type { Ending, JobListener, JobRequest } from "../job/jobMessages.ts"
import { succeeded } from "../job/jobMessages.ts"
import { pack } from "../job/transport.ts"
import type { Standing } from "../pool/jobQueue.ts"
import * as poolMachine from "../pool/poolMachine.ts"
import * as faults from "./faults.ts"
import type { Cost, Settings } from "./settings.ts"
import { costOf } from "./settings.ts"
import type { Stop } from "./virtualTimers.ts"
import { VirtualTimers } from "./virtualTimers.ts"

/** The code of a job, as a worker would run it. */
export interface JobCode {
  /** the copy that arrives at the worker, or the ending of a payload that cannot be copied */
  readonly copied: () => { readonly request: JobRequest } | { readonly refused: Ending }
  readonly run: (request: JobRequest) => Effect.Effect<Ending>
  readonly context: Context.Context<never>
}

interface Job {
  readonly request: JobRequest
  readonly listener: JobListener
  readonly code: JobCode
  ending: Ending | undefined
}

/** The job that a worker has begun. */
interface Run {
  readonly job: number
  /** whether it heeds no interruption in its cost */
  readonly holds: boolean
  /** how long its thread lives on after it was killed, ms */
  readonly lingersMs: number
  cancelled: boolean
  /** ends its cost */
  stopCost: Stop | undefined
  /** its handler, once the cost is over */
  fiber: Fiber.Fiber<Ending> | undefined
}

interface Worker {
  readonly bornAt: number
  run: Run | undefined
  grace: Stop | undefined
  starting: Stop | undefined
  jobs: number
  busyMs: number
  busySince: number | undefined
}

/** As in production: a killed worker that has not ended by then lingers, ms. */
const lingerMs = 5

/** A crash comes in the middle of the cost. */
const crashShare = 0.5

/** The exit code of a worker that crashed. */
const crashCode = 1

export class VirtualPool {
  private readonly settings: Settings
  private readonly plan: faults.Plan
  private readonly of: string
  private readonly timers: VirtualTimers
  private readonly state: poolMachine.PoolState
  private readonly jobs = new Map<number, Job>()
  private readonly workers = new Map<number, Worker>()
  private readonly counts = { completed: 0, failed: 0, cancelled: 0, killed: 0 }
  private readonly events: Array<poolMachine.Event> = []
  private readonly replies: Array<poolMachine.Event> = []
  private readonly waiters = new Set<() => void>()
  private stepping = false
  private lastJob = 0
  private begun = 0
  private started = 0
  private onClosed: (() => void) | undefined

  constructor(settings: Settings, plan: faults.Plan, of: string, context: Context.Context<never>) {
    this.settings = settings
    this.plan = plan
    this.of = of
    this.timers = new VirtualTimers(context)
    this.state = poolMachine.make(settings)
    this.handle({ _tag: "Start" })
  }

  submit(request: JobRequest, listener: JobListener, standing: Standing | undefined, code: JobCode): number {
    const job = ++this.lastJob
    this.jobs.set(job, { request, listener, code, ending: undefined })
    this.handle({ _tag: "Submit", job, now: this.timers.now(), standing, final: request.transfer !== undefined })
    return job
  }

  cancel(job: number): void {
    this.handle({ _tag: "Cancel", job })
  }

  /** Waits until all workers have started. */
  readonly ready: Effect.Effect<void> = Effect.callback((resume) => {
    const tell = (): void => {
      const { busy, idle } = poolMachine.census(this.state)
      if (idle + busy < this.settings.minWorkers) return
      this.waiters.delete(tell)
      resume(Effect.void)
    }
    this.waiters.add(tell)
    tell()
    return Effect.sync(() => void this.waiters.delete(tell))
  })

  /** Refuses the jobs that wait, cancels those that run, and waits for their end. */
  readonly close: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.onClosed = () => {
      this.timers.stopAll()
      resume(Effect.void)
    }
    this.handle({ _tag: "Shutdown" })
  })

  statistics(): Statistics {
    const now = this.timers.now()
    const each = Array.from(this.workers, ([id, { bornAt, busyMs, busySince, jobs }]) => {
      const { inbox, phase, standby } = this.state.workers.get(id)!
      const state = standby ? "standby" : (phase._tag.toLowerCase() as Statistics["each"][number]["state"])
      const worked = busyMs + (busySince === undefined ? 0 : now - busySince)
      const utilisation = now === bornAt ? 0 : worked / (now - bornAt)
      return { id, state, waiting: Math.max(0, inbox.length - 1), jobs, busyMs: worked, utilisation }
    })
    return { ...poolMachine.census(this.state), ...this.counts, each }
  }

  // --- events and actions -------------------------------------------------------------------------------------------

  private handle(event: poolMachine.Event): void {
    this.events.push(event)
    if (this.stepping) return
    this.stepping = true
    try {
      for (;;) {
        const next = this.replies.shift() ?? this.events.shift()
        if (next === undefined) break
        const actions = poolMachine.step(this.state, next)
        for (const action of actions) if (action._tag !== "Settle") this.execute(action)
        for (const action of actions) if (action._tag === "Settle") this.settle(action.job, action.as)
      }
    } finally {
      this.stepping = false
    }
    for (const tell of this.waiters) tell()
  }

  private execute(action: Exclude<poolMachine.Action, { readonly _tag: "Settle" }>): void {
    switch (action._tag) {
      case "Spawn": {
        this.spawn(action.worker)
        break
      }
      case "BackOff": {
        this.timers.after(action.ms, () => this.handle({ _tag: "BackOffOver" }))
        break
      }
      case "Closed": {
        this.onClosed?.()
        break
      }
      // the pool is made without draining
      case "Drain": {
        break
      }
      default: {
        const worker = this.workers.get(action.worker)
        if (worker !== undefined) this.executeOn(worker, action)
      }
    }
  }

  private executeOn(
    worker: Worker,
    action: Exclude<poolMachine.Action, { readonly _tag: "Settle" | "Spawn" | "BackOff" | "Drain" | "Closed" }>
  ): void {
    const { worker: id } = action
    switch (action._tag) {
      case "Dispatch": {
        this.begin(id, worker, action.job)
        break
      }
      // each job that was sent is begun
      case "Withdraw": {
        this.replies.push({ _tag: "Kept", worker: id, job: action.job })
        break
      }
      case "RaiseCancel": {
        const { job } = action
        worker.grace = this.timers.after(this.settings.graceMs, () =>
          this.handle({ _tag: "GraceExpired", worker: id, job })
        )
        this.interrupt(id, worker)
        break
      }
      case "StopGrace": {
        worker.grace?.()
        break
      }
      case "Terminate": {
        if (action.killed) this.counts.killed++
        this.terminate(id, worker)
        break
      }
      case "Stop": {
        this.exited(id, { _tag: "WorkerExited", code: 0 })
      }
    }
  }

  private settle(number: number, as: poolMachine.Settlement): void {
    const job = this.jobs.get(number)
    if (job === undefined) return
    this.jobs.delete(number)
    const ending = this.endingOf(job, as)
    this.counts[succeeded(ending) ? "completed" : ending._tag === "Cancelled" ? "cancelled" : "failed"]++
    job.listener.settle(ending)
  }

  private endingOf({ ending }: Job, as: poolMachine.Settlement): Ending {
    switch (as) {
      case "done":
      case "workerLost":
        return ending!
      case "gone":
        return { _tag: "Cancelled" }
      case "workerUnavailable": {
        const cause = pack(new Error("its virtual workers crashed one after another"))
        return { _tag: "WorkerUnavailable", attempts: this.state.deaths.inARow, cause }
      }
      case "overloaded":
        return { _tag: "ComputeOverloaded", capacity: this.settings.capacity }
      case "closed":
        return { _tag: "ComputeClosed" }
    }
  }

  // --- workers ------------------------------------------------------------------------------------------------------

  private spawn(id: number): void {
    const worker: Worker = {
      bornAt: this.timers.now(),
      run: undefined,
      grace: undefined,
      starting: undefined,
      jobs: 0,
      busyMs: 0,
      busySince: undefined
    }
    this.workers.set(id, worker)
    const ms = this.settings.startMs + faults.ofStart(this.plan, ++this.started)
    const ready = (): void => this.handle({ _tag: "WorkerReady", worker: id })
    if (ms === 0) ready()
    else worker.starting = this.timers.after(ms, ready)
  }

  private begin(id: number, worker: Worker, number: number): void {
    const job = this.jobs.get(number)!
    const fault = faults.ofJob(this.plan, ++this.begun, job.request.name)
    worker.busySince = this.timers.now()
    const copied = job.code.copied()
    if ("refused" in copied) {
      this.done(id, worker, number, copied.refused)
      return
    }
    let cost: Cost
    try {
      cost = costOf(this.settings.cost, this.of, copied.request)
    } catch (thrown) {
      this.done(id, worker, number, { _tag: "JobDied", cause: pack(thrown) })
      return
    }
    const deaf = fault?.kind === "kill" || fault?.kind === "zombie"
    const run: Run = {
      job: number,
      holds: deaf || cost.holds,
      lingersMs: fault?.kind === "zombie" ? fault.lasts : 0,
      cancelled: false,
      stopCost: undefined,
      fiber: undefined
    }
    worker.run = run
    // it ends only by a kill
    if (deaf) return
    if (fault?.kind === "crash" || fault?.kind === "outOfMemory") {
      const ending: Ending =
        fault.kind === "crash"
          ? { _tag: "WorkerExited", code: crashCode }
          : { _tag: "WorkerOutOfMemory", limitMb: this.settings.heapMb }
      run.stopCost = this.timers.after(cost.ms * crashShare, () => this.exited(id, ending))
      return
    }
    const handler = Effect.suspend(() => job.code.run(copied.request))
    run.stopCost = this.timers.after(cost.ms, () => {
      run.stopCost = undefined
      if (run.cancelled) this.done(id, worker, number, { _tag: "Cancelled" })
      else this.runHandler(id, worker, run, Effect.runForkWith(job.code.context)(handler))
    })
  }

  private runHandler(id: number, worker: Worker, run: Run, fiber: Fiber.Fiber<Ending>): void {
    run.fiber = fiber
    fiber.addObserver((exit) => {
      // it was killed before
      if (worker.run !== run) return
      this.done(id, worker, run.job, Exit.isSuccess(exit) ? exit.value : { _tag: "Cancelled" })
    })
  }

  private done(id: number, worker: Worker, number: number, ending: Ending): void {
    const job = this.jobs.get(number)
    if (job !== undefined) job.ending = ending
    this.rest(worker)
    worker.jobs++
    this.handle({ _tag: "JobDone", worker: id, job: number })
  }

  /** The worker has no job any more. */
  private rest(worker: Worker): void {
    worker.run = undefined
    if (worker.busySince !== undefined) worker.busyMs += this.timers.now() - worker.busySince
    worker.busySince = undefined
  }

  private interrupt(id: number, worker: Worker): void {
    const { run } = worker
    if (run === undefined) return
    run.cancelled = true
    if (run.fiber !== undefined) run.fiber.interruptUnsafe()
    else if (!run.holds) {
      run.stopCost?.()
      this.done(id, worker, run.job, { _tag: "Cancelled" })
    }
  }

  private terminate(id: number, worker: Worker): void {
    const { run } = worker
    worker.grace?.()
    worker.starting?.()
    run?.stopCost?.()
    this.rest(worker)
    const exited = (): void => this.exited(id, { _tag: "WorkerExited", code: crashCode })
    if (run === undefined || run.lingersMs === 0) {
      exited()
      return
    }
    const { abandonMs } = this.settings
    if (lingerMs < run.lingersMs) this.timers.after(lingerMs, () => this.handle({ _tag: "Lingers", worker: id }))
    if (abandonMs < run.lingersMs) this.timers.after(abandonMs, () => this.handle({ _tag: "Abandoned", worker: id }))
    this.timers.after(run.lingersMs, exited)
  }

  private exited(id: number, ending: Ending): void {
    const worker = this.workers.get(id)
    if (worker === undefined) return
    const begun = worker.run?.job
    this.rest(worker)
    worker.grace?.()
    this.workers.delete(id)
    const lost = begun === undefined ? undefined : this.jobs.get(begun)
    if (lost !== undefined) lost.ending ??= ending
    this.handle({ _tag: "WorkerExited", worker: id, job: begun ?? 0, now: this.timers.now() })
  }
}
