/**
 * The compute worker: takes one job after another from its ring, runs each as a fiber under the fair scheduler, and hands
 * its outcome back.
 *
 * A cancel comes twice. Running code sees the cancel cell in shared memory: `YieldPoint.check` in plain functions, and `attention`
 * here, at every operation of a fiber. An idle event loop hears the message, which wakes a job that waits. The first of the
 * two interrupts the job's fiber, and its finalizers run before the outcome is handed back.
 *
 * **Invariant**: the outcome is the last word of this worker about a job, and by then nothing of the job's fiber runs. A
 * job that has posted messages (logs, spans, elements) has its outcome posted too, so that it does not overtake them.
 *
 * An error that is thrown where no fiber can catch it (in a timer's callback) ends the worker: its state cannot be trusted
 * any more. The error is told to the caller of the job that runs: most probably that job had set the timer.
 */
import type { Transferable as NodeTransferable } from "node:worker_threads"
import { getHeapStatistics } from "node:v8"
import { parentPort, resourceLimits } from "node:worker_threads"
import type { ColdTask, FromWorker, Handler, Outcome, ToWorker } from "@giveway/core/PlatformWorker"
import {
  ElementWindow,
  enterJob,
  evaluateOnce,
  jobBoard,
  jobContext,
  jobExecutor,
  jobWatch,
  leaveJob,
  makeScheduler,
  pack,
  threadBlock,
  telemetry
} from "@giveway/core/PlatformWorker"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"
import { Desk } from "./desk.ts"
import { rehearse } from "./rehearsal.ts"
import type { RunningJob } from "./runningJob.ts"
import { interrupt } from "./runningJob.ts"
import { importer } from "./taskModule.ts"
import * as threadPriority from "../wire/threadPriority.ts"
import * as workerData from "../wire/workerData.ts"

const port = parentPort!
const data = workerData.own()
const block = threadBlock.fromBuffer(data.block)
const board = jobBoard.fromBuffer(data.board)
/** the counters of this worker's fibers, if the process is supervised */
let watched: jobBoard.Watched | undefined
let running: RunningJob | undefined

const post = (message: FromWorker, transfer?: ReadonlyArray<Transferable>): void => {
  if (transfer === undefined) port.postMessage(message)
  else port.postMessage(message, transfer as ReadonlyArray<NodeTransferable>)
}

const desk = new Desk(data.ring, data.spinMicros, post)

const attention = (): void => {
  if (running !== undefined && threadBlock.isCancelRequested(block, running.job)) interrupt(running)
}

const base = Context.make(Scheduler.Scheduler, makeScheduler({ attention })) as Context.Context<never>

// only the program's own thread loads modules again; its pool replaces this worker then
evaluateOnce()

let mayLower = false
/**
 * It is lowered as late as possible, right before the handler of the first job: a caller waits for a start, and beside other programs it
 * takes ten times as long at the lower priority.
 */
const lowerPriority = (): void => {
  if (!mayLower || data.priority === false) return
  mayLower = false
  threadPriority.lower(data.priority)
}

const importModule = importer(data.starting)

/** Tells the pool what the compiler made of the tasks of a module, if that hook has seen the module. */
const tellHandlers = (moduleUrl: string): void => {
  const known = Reflect.get(globalThis, Symbol.for("~giveway/handlers")) as
    | ReadonlyMap<string, ReadonlyArray<Handler>>
    | undefined
  const handlers = known?.get(moduleUrl.replace(/[?#].*$/, ""))
  if (handlers !== undefined) post({ _tag: "Handlers", moduleUrl, handlers })
}

const executor = jobExecutor.make(async (url) => {
  const imported = await importModule(url).finally(lowerPriority)
  tellHandlers(url)
  return imported
}, base)

const contextOf = (mine: RunningJob): Context.Context<never> =>
  telemetry.relay(
    (signal) => {
      mine.hasPosted = true
      post({ _tag: "Signal", job: mine.job, signal })
    },
    jobContext.restore(mine.request.context, base)
  )

/** Hot. */
const run = (mine: RunningJob): void => {
  const { begunAt, job, request } = mine
  if (request.window !== undefined) {
    mine.elements = new ElementWindow(request.window, (elements, transfer) =>
      post({ _tag: "Elements", job, elements }, transfer)
    )
    mine.hasPosted = true
  }
  running = mine
  if (watched !== undefined) {
    jobBoard.begin(board, watched, job, request.name, performance.timeOrigin + begunAt)
  }
  enterJob(block, job)
  const body = Effect.withFiber<Outcome>((fiber) => {
    mine.fiber = fiber as RunningJob["fiber"]
    return executor.execute(request, mine.elements)
  })
  Effect.runForkWith(contextOf(mine))(body).addObserver((exit) => {
    running = undefined
    leaveJob()
    jobBoard.end(board)
    desk.answer(mine, outcomeOf(job, exit))
    // A job that waited ends inside the run loop that resumed it: the next one must not begin in there.
    if (!working) setImmediate(work)
  })
}

let working = false

/** This is the worker's loop: job after job, until one waits, or none is left, or the event loop should turn. */
const work = (): void => {
  if (working || running !== undefined) return
  working = true
  desk.openTurn()
  let next = desk.next()
  while (next !== undefined) {
    run(next)
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
// A request that cannot be read: its job would never end.
port.on("messageerror", crash)

port.on("message", (message: ToWorker) => {
  if (message === null) {
    work()
    return
  }
  switch (message._tag) {
    case "Run": {
      desk.received(message.position, message.request)
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
const losses: Array<string> = []

// This package and Effect are loaded, the modules of tasks come next: now the hook has only those to compile. If the process
// was started with the hook, this is the same module, and does nothing.
if (data.hook !== undefined) {
  try {
    await import(data.hook)
  } catch (error) {
    losses.push(
      `tasks have no yield points, so a job that computes is cancelled by the end of its worker. The compiler could not be loaded: ${String(error)}`
    )
  }
}

/**
 * How long the modules of earlier jobs may hold up the first job, which may need none of them. A guess: several times as
 * long as modules usually take.
 */
const preloadMs = 1000
await Promise.race([
  Promise.allSettled(data.preload.map(executor.preload)),
  new Promise((resolve) => setTimeout(resolve, preloadMs).unref())
])

/** V8 tells the sum of both generations. */
const heapMb = (): number =>
  Math.round(getHeapStatistics().heap_size_limit / 2 ** 20 - (resourceLimits.maxYoungGenerationSizeMb ?? 0))

/** All at once: one that waits in vain, until its limit, holds up no other. */
const cold: Array<ColdTask> = []
await Promise.all(
  data.warmUp.map(async ({ moduleUrl, name }) => {
    const cause = await Effect.runPromise(executor.warmUp(moduleUrl, name))
    if (cause !== undefined) cold.push({ moduleUrl, name, cause })
  })
)
await rehearse((request, task) =>
  Effect.runPromiseWith(jobContext.restore(request.context, base))(executor.execute(request, undefined, task))
)

const refusal = data.priority === false ? undefined : threadPriority.refusal()
if (refusal !== undefined) complaints.push(`the priority of its thread cannot be lowered: ${refusal}`)
mayLower = true
// a worker without modules has most of its start before it, in its first job
if (data.preload.length + data.warmUp.length > 0) lowerPriority()
desk.open()
post({ _tag: "Ready", complaints, losses, cold, thread: threadPriority.ownId(), heapMb: heapMb() })
