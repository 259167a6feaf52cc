/**
 * One compute worker, seen from the main thread: a Node worker, the memory that it shares with main (its job ring, its
 * thread block, its job board), and how it ended.
 *
 * **Invariant**: `exited` is called exactly once, after the last message was delivered, and says why the worker ended.
 *
 * Decision 0026.
 */
import type { MessagePort, Transferable as NodeTransferable } from "node:worker_threads"
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads"
import type { Ending, FromWorker, JobRequest, Outcome, Overflow, ToWorker } from "@giveway/core/Platform"
import { jobBoard, jobWatch, outputCredit, pack, threadBlock } from "@giveway/core/Platform"
import * as Sysmon from "@giveway/core/Sysmon"
import * as codeCache from "../folders/codeCache.ts"
import * as image from "../image/current.ts"
import * as fromWorker from "../wire/fromWorker.ts"
import { SentJobs, WrongMemory } from "../wire/sentJobs.ts"
import { now } from "../wire/sharedClock.ts"
import * as execArgv from "../thread/execArgv.ts"
import * as ownFiles from "../thread/ownFiles.ts"
import * as mainModule from "../wire/mainModule.ts"
import * as lifeline from "./lifeline.ts"
import * as outputPace from "./outputPace.ts"
import * as printedOutput from "./printedOutput.ts"
import type { Look } from "./health/beginWatch.ts"
import * as startWatch from "./health/startWatch.ts"
import * as threadTimes from "../watch/threadTimes.ts"
import * as watchedWorkers from "../wire/watchedWorkers.ts"
import * as workerData from "../wire/workerData.ts"

export interface WorkerThreadOptions {
  readonly maxHeapMb: number
  /** whether that is what the user asked for, and not the default */
  readonly isHeapAsked: boolean
  readonly priority: number | false
  /** whether tasks get yield points */
  readonly yieldPoints: boolean
  /** tasks whose modules it imports and whose services it builds before it is ready */
  readonly warmUp: ReadonlyArray<workerData.TaskAddress>
  /** µs an idle worker may spin before it sleeps */
  readonly spinMicros: number
  /** how far its output may be ahead of this thread, and what becomes of the rest */
  readonly outputUnits: number
  readonly outputOverflow: Overflow
}

export interface WorkerThreadListener {
  readonly message: (
    message: Exclude<FromWorker, null | { readonly _tag: "Crashed" | "Done" | "Output" | "Watched" }>
  ) => void
  /** outcomes are looked for: those that are found are told at once */
  readonly looks: () => void
  /** a job is over; `ranMs`: how long it ran there */
  readonly done: (job: number, outcome: Outcome, ranMs: number) => void
  /** its start takes long */
  readonly slow: (warning: string) => void
  /** its code has stopped for good */
  readonly stopped: () => void
  /** `ending`: for the caller of the job that ran */
  readonly exited: (ending: Ending) => void
}

const entry = ownFiles.url("entry/computeWorker")
/** Workers get it by its name, so that this thread does not load the compiler. */
const hook = ownFiles.url("compiler/host/register").href

/**
 * Outcomes that are heard at one look, before the event loop goes on: with the work that their callers do at once, short
 * jobs take about half a millisecond. A guess.
 */
const perLook = 128

export class WorkerThread {
  private readonly number: number
  private timer: NodeJS.Timeout | undefined
  private readonly stopStartWatch: () => void
  /** its number for the operating system */
  private threadId: number | undefined
  private readonly worker: Worker
  private readonly block = threadBlock.make()
  private readonly board = jobBoard.make()
  private readonly credit = outputCredit.make()
  private readonly port: MessagePort
  private lookAtWork: ((now: number) => Sysmon.Work | undefined) | undefined
  private unlist: (() => void) | undefined
  /** MiB of old space that it may use: as asked, until it has said how much V8 lets it */
  private heapMb: number
  private readonly listener: WorkerThreadListener
  private readonly sent = new SentJobs({
    wake: () => this.post(null),
    post: (position, request, transfer) => this.post({ _tag: "Run", position, request }, transfer)
  })
  private collecting = false
  private seen = -1
  private failure: Ending | undefined

  constructor(
    number: number,
    options: WorkerThreadOptions,
    preload: ReadonlyArray<string>,
    listener: WorkerThreadListener
  ) {
    this.number = number
    this.heapMb = options.maxHeapMb
    this.listener = listener
    const line = lifeline.make(() => listener.stopped())
    const { port1: port, port2: theirs } = new MessageChannel()
    this.port = port
    try {
      ownFiles.requireFile(entry)
      this.worker = new Worker(entry, {
        ...execArgv.forJobs(process),
        transferList: [line, theirs],
        name: "giveway-compute",
        workerData: workerData.make({
          block: this.block.buffer,
          ring: this.sent.ring.buffer,
          board: this.board.buffer,
          port: theirs,
          lifeline: line,
          credit: this.credit.buffer,
          outputUnits: options.outputUnits,
          outputOverflow: options.outputOverflow,
          spinMicros: options.spinMicros,
          priority: options.priority,
          hook: options.yieldPoints ? hook : undefined,
          codeCache: codeCache.folderOfV8(),
          image: image.current(),
          starting: mainModule.starting(),
          preload,
          warmUp: options.warmUp
        }),
        resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb }
      })
    } catch (error) {
      // nobody holds them, and open they would stay for ever
      line.close()
      port.close()
      throw error
    }
    // while a caller waits for this worker, the worker keeps the process alive
    this.stopStartWatch = startWatch.watch(number, () => this.worker.performance.eventLoopUtilization(), {
      slow: listener.slow,
      giveUp: (why) => this.giveUp(why)
    })
    port.on("message", (message: unknown) => this.hear(message))
    // A message that cannot be read may have been the outcome of a job: only the worker's end settles that job.
    port.on("messageerror", (error) => this.giveUp(error))
    // the worker itself keeps the process alive
    port.unref()
    this.worker.on("error", (error) => this.fail(error))
    this.worker.on("exit", (code) => {
      for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port)) {
        this.hear(left.message)
      }
      port.close()
      this.lookAtWork = undefined
      this.unlist?.()
      this.stopTimer()
      this.stopStartWatch()
      this.collect()
      listener.exited(this.failure ?? { _tag: "WorkerExited", code })
    })
  }

  /** A message that is wrong, and memory that holds nonsense, end the worker: only its end settles its jobs then. */
  private hear(message: unknown): void {
    if (fromWorker.isFromWorker(message)) this.receive(message)
    else this.giveUp(new Error(`it sent a message that the worker's loop does not send: ${fromWorker.shown(message)}`))
  }

  private receive(message: FromWorker): void {
    if (message === null) {
      this.collectInSteps()
      return
    }
    switch (message._tag) {
      case "Done": {
        this.sent.received(message.job, message.outcome)
        this.collectInSteps()
        break
      }
      case "Crashed": {
        this.failure = { _tag: "JobDied", cause: message.cause }
        break
      }
      case "Watched": {
        if (this.unlist !== undefined) break
        const buffers = { ...message.buffers, board: this.board.buffer }
        this.lookAtWork = Sysmon.worker(buffers)
        this.unlist = watchedWorkers.add(this.number, buffers)
        break
      }
      case "Output": {
        const taken = (): void => outputPace.ofProcess.taken(this.credit, message.units)
        outputPace.ofProcess.time(() => printedOutput.print(process[message.to], message.chunk, taken))
        break
      }
      case "Signal": {
        outputPace.ofProcess.time(() => this.listener.message(message))
        outputPace.ofProcess.taken(this.credit, message.units)
        break
      }
      case "Ready": {
        this.stopStartWatch()
        this.threadId = message.thread
        this.heapMb = message.heapMb
        // before its first job
        if (jobWatch.isSupervised()) this.post({ _tag: "Watch" })
        this.listener.message(message)
        break
      }
      default: {
        this.listener.message(message)
      }
    }
  }

  /** Throws the error of `postMessage` if the message cannot be cloned. */
  post(message: ToWorker, transfer?: ReadonlyArray<Transferable>): void {
    if (transfer === undefined) this.port.postMessage(message)
    else this.port.postMessage(message, transfer as ReadonlyArray<NodeTransferable>)
  }

  /** Sends a job to the worker. Throws the error of `postMessage` if its request cannot be cloned. */
  put(job: number, request: JobRequest): void {
    this.sent.put(job, request)
  }

  /** Takes a job back; `false` if the worker has begun it. */
  withdraw(job: number): boolean {
    return this.sent.withdraw(job)
  }

  /** Jobs that were sent to it and are not over: the one that runs, and those that wait behind it. */
  get load(): number {
    return this.sent.size
  }

  /** Whether an outcome was collected since this was asked last. */
  hasGotOn(): boolean {
    const { next } = this.sent.ring
    if (next === this.seen) return false
    this.seen = next
    return true
  }

  /** Once the worker has ended: the job that it had begun and not finished, 0 if none. */
  begun(): number {
    return this.sent.begun()
  }

  /** Collects the outcomes of all jobs that are over. */
  collect(): void {
    while (this.look());
  }

  /** Collects them too, but lets the event loop go on after each look. */
  collectInSteps(): void {
    if (this.collecting || !this.look()) return
    this.collecting = true
    setImmediate(() => {
      this.collecting = false
      this.collectInSteps()
    })
  }

  private look(): boolean {
    this.listener.looks()
    try {
      return this.sent.collect(perLook, this.listener.done)
    } catch (error) {
      if (!(error instanceof WrongMemory)) throw error
      this.giveUp(error)
      return false
    }
  }

  /** The job that it runs now, by its own account; `undefined` if it runs none, or is not watched. */
  work(): Sysmon.Work | undefined {
    return this.lookAtWork?.(now())
  }

  /** Its times by the operating system's counters; `undefined` where there are none. */
  times(at: number): Sysmon.Reading | undefined {
    return this.threadId === undefined ? undefined : threadTimes.ofThread(this.threadId, at)
  }

  /** Whether a job waits for it, how far it is with the others, and what its thread did meanwhile. */
  beginning(cpuMs: number | undefined): Look {
    const { active: activeMs, idle: idleMs } = this.worker.performance.eventLoopUtilization()
    return { ...this.sent.beginning(), idleMs, activeMs, cpuMs }
  }

  /** Ends it, for a fault of its own. */
  giveUp(why: Error): void {
    this.fail(why)
    this.terminate()
  }

  /** Writes the job into the cancel cell, which running code reads, and posts the message that wakes waiting code. */
  requestCancel(job: number): void {
    threadBlock.requestCancel(this.block, job)
    // the job may wait because its output is too far ahead
    outputCredit.wake(this.credit)
    this.post({ _tag: "Cancel", job })
  }

  /** Whether its event loop turned after `job` was asked to stop: then the job does not hold the thread, and may await native work. */
  hasHeardCancel(job: number): boolean {
    return threadBlock.hasHeardCancel(this.block, job)
  }

  terminate(): void {
    this.stopTimer()
    this.stopStartWatch()
    void this.worker.terminate()
  }

  /**
   * Sets the one timer of this thread. It serves one use after another, each of which has ended or was stopped before the
   * next begins: the grace of the job that is cancelled, the time to stop, the stages of a zombie. `poolMachine.test.ts`
   * shows it for the actions. It is cleared when the thread is terminated and when it ends.
   */
  after(ms: number, act: () => void): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(act, ms)
  }

  stopTimer(): void {
    clearTimeout(this.timer)
  }

  /** Rejects when the thread has ended. */
  async usedHeapMb(): Promise<number> {
    const { used_heap_size: bytes } = await this.worker.getHeapStatistics()
    return bytes / 2 ** 20
  }

  /** Whether this worker keeps the process alive. */
  keepAlive(alive: boolean): void {
    if (alive) this.worker.ref()
    else this.worker.unref()
  }

  private fail(error: unknown): void {
    const { code } = Object(error) as { readonly code?: string }
    this.failure ??=
      code === "ERR_WORKER_OUT_OF_MEMORY"
        ? { _tag: "WorkerOutOfMemory", limitMb: this.heapMb }
        : { _tag: "JobDied", cause: pack(error) }
  }
}
