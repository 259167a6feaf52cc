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
 * An error that is thrown where no fiber can catch it (in a timer's callback, in a promise) ends the worker: its state cannot be
 * trusted any more. If it is the fault of the job that runs, its caller is told at once. If it is another's, the job that runs goes
 * on, and the worker ends after it (`jobScope.ts`).
 */
import type { Transferable as NodeTransferable } from "node:worker_threads"
import { getHeapStatistics } from "node:v8"
import { resourceLimits } from "node:worker_threads"
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
  outputCredit,
  OutputWindow,
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
import { JobOutput } from "./jobOutput.ts"
import { rehearse } from "./rehearsal.ts"
import type { RunningJob } from "./runningJob.ts"
import * as intrinsics from "./intrinsics.ts"
import * as jobScope from "./jobScope.ts"
import * as own from "./ownPrimitives.ts"
import { interrupt } from "./runningJob.ts"
import { importer } from "./taskModule.ts"
import * as ownPort from "../wire/ownPort.ts"
import * as threadPriority from "../wire/threadPriority.ts"
import * as workerData from "../wire/workerData.ts"

// It is read in many places, some of them hot, so it is not kept. No program has a use for another one.
Object.freeze(Atomics)

const data = workerData.take()
const port = ownPort.own(data.port)
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

/** A job that is cancelled does not wait: it is to come to its next yield point. */
const mayWait = (): boolean => running === undefined || !threadBlock.isCancelRequested(block, running.job)

const output = new JobOutput(
  new OutputWindow(outputCredit.fromBuffer(data.credit), data.outputUnits, data.outputOverflow, mayWait),
  post,
  () => running
)
output.redirect("stdout", process.stdout)
output.redirect("stderr", process.stderr)

const attention = (): void => {
  if (running !== undefined && threadBlock.isCancelRequested(block, running.job)) interrupt(running)
}

/**
 * A pass that one job has asked for may come while the next job runs. Then it serves that one, and it does so in no job's
 * async context.
 */
const afterPoll = (pass: () => void): void => {
  const mine = running
  own.immediate(() => (running === mine ? pass() : jobScope.outside(pass)))
}

const base = Context.make(Scheduler.Scheduler, makeScheduler({ attention, afterPoll })) as Context.Context<never>

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

let isFirst = true

const executor = jobExecutor.make(
  async (url) => {
    // before the first module nothing of the program's has run, but for its preloads
    const isIntact = isFirst || intrinsics.broken() === undefined
    isFirst = false
    const imported = await importModule(url).finally(lowerPriority)
    if (isIntact) intrinsics.remember()
    tellHandlers(url)
    return imported
  },
  base,
  jobScope.outside
)

const contextOf = (mine: RunningJob): Context.Context<never> =>
  telemetry.relay(output.sender(mine), jobContext.restore(mine.request.context, base))

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
    try {
      finish(mine, exit)
    } catch (error) {
      // without its answer the job would never end
      crash(error)
    }
    // A job that waited ends inside the run loop that resumed it: the next one must not begin in there.
    if (!working) own.immediate(work)
  })
}

/** Hot. */
const finish = (mine: RunningJob, exit: Exit.Exit<Outcome>): void => {
  output.end(mine)
  running = undefined
  leaveJob()
  jobBoard.end(board)
  const outcome = outcomeOf(mine.job, exit)
  if (outcome._tag === "JobDied") examine()
  desk.answer(mine, outcome)
}

let working = false
let examinedAt = 0

/**
 * Between two looks whether a job has broken the language, ms: each takes about as long as two small jobs. A job that begins sooner after the
 * one that did it may fail of that, or hang until it is cancelled. A guess.
 */
const examineMs = 20

/** Hot. A job that is not taken goes to another worker. */
const nextJob = (): RunningJob | undefined => {
  if (!intrinsics.valuesAreRight()) {
    crash(new Error(`a job has replaced ${intrinsics.broken() ?? "a method of the language"}`))
  }
  return desk.next()
}

/** This is the worker's loop: job after job, until one waits, or none is left, or the event loop should turn. */
const work = (): void => {
  if (working || running !== undefined) return
  working = true
  desk.openTurn()
  if (desk.now - examinedAt > examineMs) {
    examinedAt = desk.now
    const name = intrinsics.broken()
    // no job runs now, and those that wait go to another worker
    if (name !== undefined) crash(new Error(`a job has replaced ${name}`))
  }
  let next = nextJob()
  while (next !== undefined) {
    try {
      jobScope.enter(next, run)
    } catch (error) {
      // Effect or this loop cannot work any more: a job has broken what both are made of
      crash(error)
      return
    }
    if (running !== undefined) {
      desk.tell()
      break
    }
    next = nextJob()
  }
  working = false
  if (desk.turnIsOver) own.immediate(work)
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
  try {
    post({ _tag: "Crashed", cause: pack(error) })
  } finally {
    own.exit(1)
  }
}

let isOpen = false
let isSpoilt = false

/** A job has died. It may have been made to by an earlier one, which has replaced a part of the language. */
const examine = (): void => {
  const name = isSpoilt ? undefined : intrinsics.broken()
  if (name === undefined) return
  isSpoilt = true
  post({ _tag: "Stray", harm: { _tag: "Replaced", name } })
}

/** The job that runs now is to blame only if it is its own code that threw. */
const uncaught = (error: unknown): void => {
  const owner = jobScope.owner()
  const isNobodys = running === undefined && owner === undefined
  if (!isOpen || isNobodys || (running !== undefined && owner === running)) {
    crash(error)
    return
  }
  // its timers may throw again and again, until the job that runs is over
  if (isSpoilt) return
  isSpoilt = true
  post({ _tag: "Stray", harm: { _tag: "Thrown", task: owner?.request.name, cause: pack(error) } })
}

process.on("uncaughtException", uncaught)
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
      Effect.runForkWith(base)(executor.close).addObserver(() => own.exit(0))
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
  new Promise((resolve) => own.timeout(resolve, preloadMs).unref())
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
intrinsics.remember()
isOpen = true
desk.open()
post({ _tag: "Ready", complaints, losses, cold, thread: threadPriority.ownId(), heapMb: heapMb() })
