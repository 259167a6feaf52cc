/**
 * The compute worker: takes one job after another from its inbox, runs each as a fiber under the fair scheduler, and
 * answers.
 *
 * A cancel comes twice. The flag in shared memory is seen by running code: by `YieldPoint.check` in plain functions, and
 * here at every operation of a fiber (`attention`). The message is seen by an idle event loop: it wakes a job that waits.
 * Whichever is first interrupts the job's fiber, once; its finalizers run before the answer is given.
 *
 * **Invariant**: its answer is the last this worker says of a job, and when it is given nothing of the job's fiber runs. A
 * job that has sent messages (logs, spans, elements) is answered by message too, so that its answer does not overtake them.
 *
 * Anything thrown where no fiber can catch it (a timer's callback) ends the worker: its state cannot be trusted any more.
 * The job that runs is told; that it was its callback is a guess, but nearly always right.
 */
import type { Transferable as NodeTransferable } from "node:worker_threads"
import { parentPort } from "node:worker_threads"
import * as FairScheduler from "@giveway/core/FairScheduler"
import type { FromWorker, JobRequest, Outcome, ToWorker } from "@giveway/core/Platform"
import {
  ElementWindow,
  enterJob,
  jobBoard,
  jobContext,
  jobExecutor,
  jobWatch,
  leaveJob,
  pack,
  threadBlock,
  telemetry
} from "@giveway/core/Platform"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { Desk } from "./desk.ts"
import { rehearse } from "./rehearsal.ts"
import * as threadPriority from "../wire/threadPriority.ts"
import * as workerData from "../wire/workerData.ts"

interface Running {
  readonly job: number
  /** ms of `performance.now` */
  readonly begunAt: number
  /** whether messages of it are on their way */
  said: boolean
  fiber: Fiber.Fiber<Outcome> | undefined
  interrupted: boolean
  /** of a job that emits */
  readonly elements: ElementWindow | undefined
}

const port = parentPort!
const data = workerData.own()
const block = threadBlock.fromBuffer(data.block)
const board = jobBoard.fromBuffer(data.board)
/** what is counted of this worker's fibers, if the process is supervised */
let watched: jobBoard.Watched | undefined
let running: Running | undefined

const post = (message: FromWorker, transfer?: ReadonlyArray<Transferable>): void => {
  if (transfer === undefined) port.postMessage(message)
  else port.postMessage(message, transfer as ReadonlyArray<NodeTransferable>)
}

const desk = new Desk(data.inbox, data.spinMicros, post)

/** Interrupts the job's fiber, once. Before the fiber's first operation there is none; its second will ask again. */
const interrupt = (running: Running): void => {
  if (running.interrupted || running.fiber === undefined) return
  running.interrupted = true
  running.fiber.interruptUnsafe()
}

const attention = (): void => {
  if (running !== undefined && threadBlock.isCancelRequested(block, running.job)) interrupt(running)
}

const base = Context.make(Scheduler.Scheduler, FairScheduler.make({ attention })) as Context.Context<never>
/** The hook says that it is there; the compiler itself is nothing that this may import. */
const hasHook = (): boolean => Object.hasOwn(globalThis, Symbol.for("@giveway/node/register"))

/** Of an extracted module there is no file but the whole, which must not be evaluated here instead of it. */
const importModule = async (url: string): Promise<unknown> => {
  if (/\?giveway=[\w-]+$/.test(url) && !hasHook()) {
    throw new Error("this worker has no compiler to extract it. Leave the option yieldPoints of NodeCompute at true")
  }
  return import(url)
}

const executor = jobExecutor.make(importModule, base)

const contextOf = (mine: Running, request: JobRequest): Context.Context<never> =>
  telemetry.relay(
    (signal) => {
      mine.said = true
      post({ _tag: "Signal", job: mine.job, signal })
    },
    jobContext.restore(request.context, base)
  )

const elementsOf = (job: number, { window }: JobRequest): ElementWindow | undefined =>
  window === undefined
    ? undefined
    : new ElementWindow(window, (elements, transfer) => post({ _tag: "Elements", job, elements }, transfer))

const run = (job: number, request: JobRequest): void => {
  const elements = elementsOf(job, request)
  const said = elements !== undefined
  const mine: Running = { job, begunAt: desk.now, said, fiber: undefined, interrupted: false, elements }
  running = mine
  threadBlock.setJob(block, job)
  if (watched !== undefined) {
    jobBoard.begin(board, watched, job, request.name, performance.timeOrigin + mine.begunAt)
  }
  enterJob(block, job)
  const body = Effect.withFiber<Outcome>((fiber) => {
    mine.fiber = fiber as Fiber.Fiber<Outcome>
    return executor.execute(request, elements)
  })
  Effect.runForkWith(contextOf(mine, request))(body).addObserver((exit) => {
    running = undefined
    leaveJob()
    threadBlock.setJob(block, 0)
    jobBoard.end(board)
    desk.answer(job, outcomeOf(job, exit), mine.begunAt, mine.said)
    // a job that waited ends inside the run loop that resumed it: the next one is not to begin in there
    if (!working) setImmediate(work)
  })
}

let working = false

/** This is the worker's loop: job after job until one waits, or there is none, or the event loop should turn. */
const work = (): void => {
  if (working || running !== undefined) return
  working = true
  desk.openTurn()
  let next = desk.next()
  while (next !== undefined) {
    run(next.job, next.request)
    if (running !== undefined) {
      desk.tell()
      break
    }
    next = desk.next()
  }
  working = false
  if (desk.turnIsOver) setImmediate(work)
}

const outcomeOf = (job: number, exit: Exit.Exit<Outcome>): Outcome => {
  if (threadBlock.isCancelRequested(block, job)) return { _tag: "Cancelled" }
  if (Exit.isSuccess(exit)) return exit.value
  const died = exit.cause.reasons.find(Cause.isDieReason)
  return {
    _tag: "JobDied",
    cause: pack(died?.defect ?? new Error("The job interrupted itself: its handler was interrupted by no caller"))
  }
}

const crash = (error: unknown): void => {
  post({ _tag: "Crashed", cause: pack(error) })
  process.exit(1)
}

process.on("uncaughtException", crash)
// The request of a job that cannot be read: nobody would ever answer it.
port.on("messageerror", crash)

port.on("message", (message: ToWorker) => {
  if (message === null) {
    work()
    return
  }
  switch (message._tag) {
    case "Run": {
      desk.received(message.place, message.request)
      work()
      break
    }
    case "Cancel": {
      threadBlock.hearCancel(block, message.job)
      if (running?.job === message.job) interrupt(running)
      break
    }
    case "Grant": {
      if (running?.job === message.job) running.elements?.grant(message.elements)
      break
    }
    case "Watch": {
      const buffers = jobWatch.start(board)
      if (buffers === undefined) break
      watched = jobBoard.watchedOf(buffers)
      post({ _tag: "Watched", buffers })
      break
    }
    case "Stop": {
      Effect.runForkWith(base)(executor.close).addObserver(() => process.exit(0))
    }
  }
})

const complaints: Array<string> = []

const refusal = data.priority === false ? undefined : threadPriority.lower(data.priority)
if (refusal !== undefined) complaints.push(`the priority of its thread could not be lowered: ${refusal}`)

// Now that this package and Effect are loaded: what comes next are the modules of tasks. A hook that the process was
// started with is the same module, and does nothing again.
if (data.hook !== undefined) {
  try {
    await import(data.hook)
  } catch (error) {
    complaints.push(`its tasks have no yield points, since the compiler could not be loaded: ${String(error)}`)
  }
}

/**
 * How long the modules of earlier jobs may hold up the first job, which may need none of them. A guess: several times
 * what they took before.
 */
const preloadMs = 1000
await Promise.race([
  Promise.allSettled(data.preload.map(executor.preload)),
  new Promise((resolve) => setTimeout(resolve, preloadMs).unref())
])
for (const task of data.warmUp) {
  const complaint = await Effect.runPromise(executor.warmUp(task.moduleUrl, task.name))
  if (complaint !== undefined) complaints.push(complaint)
}
await rehearse((request, task) =>
  Effect.runPromiseWith(jobContext.restore(request.context, base))(executor.execute(request, undefined, task))
)
desk.open()
post({ _tag: "Ready", complaint: complaints.length === 0 ? undefined : complaints.join("; ") })
