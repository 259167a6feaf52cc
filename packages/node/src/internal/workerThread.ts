/**
 * One compute worker, seen from the main thread: a Node worker, its thread block, and the story of how it ended.
 *
 * **Invariant**: `exited` is called exactly once, after the last message was delivered, and says why.
 */
import { Worker } from "node:worker_threads"
import type { Ending, FromWorker, ToWorker } from "@giveway/core/Platform"
import { pack, sharedMemory } from "@giveway/core/Platform"
import * as workerData from "./workerData.ts"

export interface WorkerThreadOptions {
  readonly maxHeapMb: number
  readonly priority: number | false
  /** whether tasks get yield points */
  readonly yieldPoints: boolean
  /** tasks whose modules and services it has before it is ready */
  readonly warmUp: ReadonlyArray<workerData.TaskAddress>
}

export interface WorkerThreadListener {
  readonly message: (message: FromWorker) => void
  /** `ending`: what to tell the caller of the job that ran */
  readonly exited: (ending: Ending) => void
}

/** Files beside this one: sources run as TypeScript, what is built as JavaScript. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"
const entry = new URL(`../entry/computeWorker${extension}`, import.meta.url)
/** Given to workers by its name, so that nothing here loads the compiler. */
const hook = new URL(`../compiler/register${extension}`, import.meta.url).href

export class WorkerThread {
  /** the job it was last given */
  job = 0
  timer: NodeJS.Timeout | undefined
  private readonly worker: Worker
  private readonly block = sharedMemory.make()
  private readonly maxHeapMb: number
  private failure: Ending | undefined

  constructor(options: WorkerThreadOptions, preload: ReadonlyArray<string>, listener: WorkerThreadListener) {
    this.maxHeapMb = options.maxHeapMb
    this.worker = new Worker(entry, {
      name: "giveway-compute",
      workerData: workerData.make({
        block: this.block.buffer,
        priority: options.priority,
        hook: options.yieldPoints ? hook : undefined,
        preload,
        warmUp: options.warmUp
      }),
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb }
    })
    this.worker.on("message", (message: FromWorker) => {
      if (message._tag === "Crashed") this.failure = { _tag: "Died", cause: message.cause }
      else listener.message(message)
    })
    // A message that cannot be read was perhaps the outcome somebody waits for: only the worker's end settles that job.
    this.worker.on("messageerror", (error) => {
      this.fail(error)
      this.terminate()
    })
    this.worker.on("error", (error) => this.fail(error))
    this.worker.on("exit", (code) => {
      clearTimeout(this.timer)
      listener.exited(this.failure ?? { _tag: "Exited", code })
    })
  }

  /** Throws what `postMessage` throws if the message cannot be cloned. */
  post(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  /** Raises the flag that running code sees, and wakes code that waits. */
  requestCancel(job: number): void {
    sharedMemory.requestCancel(this.block, job)
    this.post({ _tag: "Cancel", job })
  }

  terminate(): void {
    clearTimeout(this.timer)
    void this.worker.terminate()
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
    const { code } = error as { readonly code?: string }
    this.failure ??=
      code === "ERR_WORKER_OUT_OF_MEMORY"
        ? { _tag: "OutOfMemory", limitMb: this.maxHeapMb }
        : { _tag: "Died", cause: pack(error) }
  }
}
