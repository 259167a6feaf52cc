/**
 * The contract between the pool machine and the shell around it: the events that the machine hears, and the actions that it
 * orders.
 *
 * Jobs and workers are numbers here. Payloads, results, threads and timers belong to the shell.
 */
import type { Standing } from "./jobQueue.ts"

export interface PoolConfig {
  /** workers that run jobs, at most */
  readonly maxWorkers: number
  /** workers kept warm from the start */
  readonly minWorkers: number
  /** jobs that may wait beyond those that run */
  readonly capacity: number
  /** the next job waits all the same (`suspend`), is refused (`fail`), or has another refused for it (`drop`) */
  readonly overflow: "suspend" | "fail" | "drop"
  /** ms of waiting that make up for one level of priority; default 10,000 */
  readonly ageingMs?: number
  /** whether a warm worker stands by from the first cancel of a running job on */
  readonly standby: boolean
  /** jobs after which a worker is replaced; default: never */
  readonly recycleAfter?: number | undefined
  /** whether jobs that run when the pool closes may go on until `DrainExpired` */
  readonly drain?: boolean
  /** jobs that may be sent to a busy worker before it is free, until an `Ahead` says otherwise; default 0 */
  readonly ahead?: number
}

export type Event =
  | { readonly _tag: "Start" }
  /** `now`: ms on any clock that does not go back; `final`: its payload moves, so it can be sent only once */
  | {
      readonly _tag: "Submit"
      readonly job: number
      readonly now: number
      readonly standing?: Standing | undefined
      readonly final?: boolean
    }
  | { readonly _tag: "Cancel"; readonly job: number }
  | { readonly _tag: "JobDone"; readonly worker: number; readonly job: number }
  | { readonly _tag: "GraceExpired"; readonly worker: number; readonly job: number }
  | { readonly _tag: "WorkerReady"; readonly worker: number }
  /** `job`: the one that it had begun and not finished, 0 for none; the jobs that it had finished were reported before; `now`: as in `Submit` */
  | { readonly _tag: "WorkerExited"; readonly worker: number; readonly job: number; readonly now: number }
  /** reply to `Withdraw`: the worker had not begun the job, and never will */
  | { readonly _tag: "Withdrawn"; readonly worker: number; readonly job: number }
  /** reply to `Withdraw`: the worker has begun the job, or even ended it */
  | { readonly _tag: "Kept"; readonly worker: number; readonly job: number }
  /** the job that the worker runs takes long: no other should wait behind it */
  | { readonly _tag: "Delayed"; readonly worker: number }
  /** how many jobs may be sent to a busy worker before it is free, from now on */
  | { readonly _tag: "Ahead"; readonly jobs: number }
  /** the code of a killed worker has stopped for good; its exit is still to come */
  | { readonly _tag: "CodeStopped"; readonly worker: number }
  /** native code has held a killed worker for so long that its job's caller is to go on without its end */
  | { readonly _tag: "Abandoned"; readonly worker: number }
  /** a killed worker takes longer to end than one that only ran JavaScript */
  | { readonly _tag: "Lingers"; readonly worker: number }
  /** a worker that was asked to end by itself has not */
  | { readonly _tag: "StopExpired"; readonly worker: number }
  /** a time to live is over: workers that were idle for all of it may end */
  | { readonly _tag: "Sweep" }
  /** the worker's heap has grown beyond its limit */
  | { readonly _tag: "Oversized"; readonly worker: number }
  /** code that an earlier job left on the worker has thrown: it gets no more jobs */
  | { readonly _tag: "Spoilt"; readonly worker: number }
  /** the program has loaded a module again: the workers that there are hold the old code */
  | { readonly _tag: "Reloaded" }
  /** the wait that `BackOff` ordered is over */
  | { readonly _tag: "BackOffOver" }
  | { readonly _tag: "Shutdown" }
  /** the time that `Drain` ordered is over: jobs that still run are cancelled */
  | { readonly _tag: "DrainExpired" }

/**
 * Why a job is settled. `done`: the worker sent its outcome. `gone`: it was cancelled and nothing of it runs any more (after `Abandoned`: it may).
 * `workerLost`: its worker ended by itself, and had begun the job or holds what moved with it. `workerUnavailable`: no worker could be
 * started, or each that was given the job died before it began.
 */
export type Settlement = "done" | "gone" | "workerLost" | "workerUnavailable" | "overloaded" | "closed"

export type Action =
  | { readonly _tag: "Spawn"; readonly worker: number }
  /** send the job to the worker */
  | { readonly _tag: "Dispatch"; readonly worker: number; readonly job: number }
  /** take the job back if the worker has not begun it, and reply before any other event */
  | { readonly _tag: "Withdraw"; readonly worker: number; readonly job: number }
  /** write the job into the cancel cell and post a message, then run the grace timer */
  | { readonly _tag: "RaiseCancel"; readonly worker: number; readonly job: number }
  /** the job ended within its grace */
  | { readonly _tag: "StopGrace"; readonly worker: number; readonly job: number }
  /** end the thread now, and say if it lingers. `killed`: it ran a job, whose caller waits until its code has stopped */
  | { readonly _tag: "Terminate"; readonly worker: number; readonly killed: boolean }
  /** ask an idle worker to release its services and end, and run the stop timer */
  | { readonly _tag: "Stop"; readonly worker: number }
  /** a worker died: say when so many ms are over, in which none is started */
  | { readonly _tag: "BackOff"; readonly ms: number }
  /** the pool closes, and jobs run: say when the time is over that they still have */
  | { readonly _tag: "Drain" }
  | { readonly _tag: "Settle"; readonly job: number; readonly as: Settlement }
  /** every worker is gone after `Shutdown` */
  | { readonly _tag: "Closed" }
