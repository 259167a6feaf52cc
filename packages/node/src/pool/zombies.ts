/**
 * A zombie: a worker that was terminated and has not ended. JavaScript ends within milliseconds of `terminate`, so only
 * native code can hold the thread. Nothing can stop that, so this only tells the pool how much time has passed.
 */
import type { WorkerThread } from "./workerThread.ts"

/** After so long the next standby starts, although this thread has not ended. A thread that only ran JavaScript takes 4 ms. */
const lingerMs = 5

/** After so long the log says that the thread is still there. Hundreds of times as long as JavaScript takes to end. */
const reportMs = 1000

/** The times that a pool wants to hear of. */
interface ZombieListener {
  /** the thread takes longer to end than one that only ran JavaScript */
  readonly lingers: () => void
  /** `afterMs` after its termination the thread is still there: worth a warning */
  readonly overdue: (afterMs: number) => void
  /** the caller of its job is not to wait any longer */
  readonly abandoned: () => void
}

/** Tells `listener` the three times, one after another, until the thread ends. */
export const watch = (thread: WorkerThread, abandonMs: number, listener: ZombieListener): void => {
  const overdueMs = Math.min(reportMs, abandonMs)
  const stages = [
    { atMs: lingerMs, tell: listener.lingers },
    { atMs: overdueMs, tell: () => listener.overdue(overdueMs) },
    { atMs: abandonMs, tell: listener.abandoned }
  ]
  const wait = (fromMs: number): void => {
    const stage = stages.shift()
    if (stage === undefined || stage.atMs === Infinity) return
    thread.after(Math.max(0, stage.atMs - fromMs), () => {
      stage.tell()
      wait(stage.atMs)
    })
  }
  wait(0)
}

interface Zombie {
  readonly worker: number
  /** of the job for which it was killed; `undefined` if it was terminated while it released its services */
  readonly task: string | undefined
  /** whether its code has stopped and the caller of that job, if there was one, goes on */
  readonly isCallerTold: boolean
  readonly terminatedMsAgo: number
  /** see `NodeCompute.Options.abandonAfter` */
  readonly abandonMs: number
}

/** The warning about a zombie. */
export const describe = ({ abandonMs, isCallerTold, task, terminatedMsAgo, worker }: Zombie): string =>
  `Compute worker ${worker} was terminated ${terminatedMsAgo} ms ago and has not ended. ${
    isCallerTold
      ? "Its code has stopped, and no caller waits for it. But it began native work that it did not await (a write, asynchronous crypto), and the thread ends only after that"
      : task === undefined
        ? `It was releasing its services, and is held by native code (${natives}), which nothing can stop`
        : `Its task "${task}" runs native code (${natives}), which nothing can stop. The caller that cancelled the job ${
            abandonMs <= terminatedMsAgo ? "goes on before that code returns" : "waits until that code returns"
          }. Give such work smaller pieces`
  }. Another worker has taken its place`

const natives = "a large sort or JSON.parse, crypto, a write"
