/**
 * What the pool machine hears and what it orders: the whole contract between its decisions and the threads.
 *
 * Jobs and workers are numbers here. Payloads, results, threads and timers belong to the shell.
 */
import type { Turn } from "./jobQueue.ts"

export interface PoolConfig {
  /** workers that run jobs, at most */
  readonly maxWorkers: number
  /** workers kept warm from the start */
  readonly minWorkers: number
  /** jobs that may wait beyond those that run */
  readonly capacity: number
  /** what happens to the next one: it waits all the same, it is refused, or another is refused for it */
  readonly overflow: "suspend" | "fail" | "drop"
  /** ms of waiting that make up for one level of priority; default 10,000 */
  readonly ageingMs?: number
  /** whether a warm worker stands by once jobs get cancelled */
  readonly standby: boolean
  /** jobs after which a worker is replaced; default: never */
  readonly recycleAfter?: number | undefined
  /** whether jobs that run when the pool closes may go on until `DrainExpired` */
  readonly drain?: boolean
  /** jobs that may be sent to a worker ahead of their turn, until an `Ahead` says otherwise; default 0 */
  readonly ahead?: number
}

export type Event =
  | { readonly _tag: "Start" }
  /** `now`: ms on any clock that does not go back; `final`: it can be sent once, what was sent cannot be taken back */
  | {
      readonly _tag: "Submit"
      readonly job: number
      readonly now: number
      readonly turn?: Turn | undefined
      readonly final?: boolean
    }
  | { readonly _tag: "Cancel"; readonly job: number }
  | { readonly _tag: "JobDone"; readonly worker: number; readonly job: number }
  | { readonly _tag: "GraceExpired"; readonly worker: number; readonly job: number }
  | { readonly _tag: "WorkerReady"; readonly worker: number }
  /** `job`: what it had begun and not finished, 0 for nothing; what it had finished was reported before */
  | { readonly _tag: "WorkerExited"; readonly worker: number; readonly job: number }
  /** answers `Withdraw`: the worker had not begun it, and never will */
  | { readonly _tag: "Withdrawn"; readonly worker: number; readonly job: number }
  /** answers `Withdraw`: the worker has begun it, or even ended it */
  | { readonly _tag: "Kept"; readonly worker: number; readonly job: number }
  /** what the worker runs takes long: nothing should wait behind it */
  | { readonly _tag: "Delayed"; readonly worker: number }
  /** from now on so many jobs may be sent to a worker ahead of their turn */
  | { readonly _tag: "Ahead"; readonly jobs: number }
  /** none of a killed worker's code runs any more, nor will; its exit is still to come */
  | { readonly _tag: "CodeStopped"; readonly worker: number }
  /** a killed worker is held by native code for so long that its caller is not to wait for it any more */
  | { readonly _tag: "Abandoned"; readonly worker: number }
  /** a killed worker takes longer to end than one does that only ran JavaScript */
  | { readonly _tag: "Lingers"; readonly worker: number }
  | { readonly _tag: "StopExpired"; readonly worker: number }
  /** a time to live is over: what was idle for all of it may end */
  | { readonly _tag: "Sweep" }
  /** the worker's heap has grown beyond what it may */
  | { readonly _tag: "Oversized"; readonly worker: number }
  /** answers `BackOff` */
  | { readonly _tag: "BackOffOver" }
  | { readonly _tag: "Shutdown" }
  /** answers `Drain`: jobs that still run are cancelled */
  | { readonly _tag: "DrainExpired" }

/**
 * Why a job is settled. `done`: the worker sent its outcome. `gone`: it was cancelled and nothing of it runs any more.
 * `workerLost`: its worker ended by itself and had begun it, or it cannot be sent to another. `noWorker`: no worker could be started.
 */
export type Settlement = "done" | "gone" | "workerLost" | "noWorker" | "overloaded" | "closed"

export type Action =
  | { readonly _tag: "Spawn"; readonly worker: number }
  /** put the job into the worker's inbox */
  | { readonly _tag: "Dispatch"; readonly worker: number; readonly job: number }
  /** take the job back out of the inbox if the worker has not begun it, and say so before anything else happens */
  | { readonly _tag: "Withdraw"; readonly worker: number; readonly job: number }
  /** raise the flag in shared memory and post a message, then run the grace timer */
  | { readonly _tag: "RaiseCancel"; readonly worker: number; readonly job: number }
  /** the job ended within its grace */
  | { readonly _tag: "StopGrace"; readonly worker: number; readonly job: number }
  /** end the thread now, and say if it lingers; the caller of what it ran waits until its code has stopped */
  | { readonly _tag: "Terminate"; readonly worker: number; readonly killed: boolean }
  /** ask an idle worker to release its services and end, and run the stop timer */
  | { readonly _tag: "Stop"; readonly worker: number }
  /** no worker could be started: start none for so long, then say so */
  | { readonly _tag: "BackOff"; readonly ms: number }
  /** the pool closes, and jobs run: give them their time, then say that it is over */
  | { readonly _tag: "Drain" }
  | { readonly _tag: "Settle"; readonly job: number; readonly as: Settlement }
  /** every worker is gone after `Shutdown` */
  | { readonly _tag: "Closed" }
