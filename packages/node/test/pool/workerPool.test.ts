/**
 * The pool's own shell, driven without Effect: what it does with one turn of the event loop.
 */
import { assert, describe, it } from "vitest"
import type { JobListener, JobRequest } from "@giveway/core/Platform"
import { computeMetrics } from "@giveway/core/Platform"
import { Context } from "effect"
import { WorkerPool } from "../../src/pool/workerPool.ts"
import * as jobs from "../tasks/jobs.ts"

const make = () =>
  new WorkerPool(
    {
      maxWorkers: 1,
      minWorkers: 1,
      capacity: 1000,
      overflow: "suspend",
      standby: false,
      graceMs: 250,
      abandonMs: Infinity,
      maxHeapMb: 128,
      isHeapAsked: false,
      priority: false,
      yieldPoints: false,
      warmUp: [],
      spinMicros: 50,
      outputUnits: 8192,
      outputOverflow: "suspend",
      idleMs: undefined,
      recycleHeapMb: undefined,
      drainMs: 0
    },
    { metrics: computeMetrics.make(Context.empty()), log: () => undefined }
  )

const request: JobRequest = {
  moduleUrl: jobs.add.moduleUrl,
  name: jobs.add.name,
  payload: { a: 4, b: 6 },
  context: undefined
}

const wanted = 4000
const lanes = 64
/** A look hears `perLook` outcomes (`workerThread.ts`). The loop looks when it is woken, and when it goes on with the rest. */
const mostPerIteration = 2 * 128

describe("a flood of short jobs", () => {
  it("lets the event loop go on after a few answers, though callers are slower than the worker, who always has more", async () => {
    const pool = make()
    try {
      let settled = 0
      let heard = 0
      let most = 0
      await new Promise<void>((resolve) => {
        const iteration = (): void => {
          most = Math.max(most, heard)
          heard = 0
          if (settled < wanted) setImmediate(iteration)
          else resolve()
        }
        const listener: JobListener = {
          settle: () => {
            settled++
            heard++
            // longer than a job takes: an answer is there whenever the pool looks
            for (const end = performance.now() + 0.05; performance.now() < end;);
            if (settled + lanes <= wanted) pool.submit(request, listener, undefined)
          },
          signal: () => undefined,
          elements: () => undefined
        }
        for (let lane = 0; lane < lanes; lane++) pool.submit(request, listener, undefined)
        iteration()
      })
      assert.isAtLeast(settled, wanted)
      assert.isAtMost(most, mostPerIteration)
    } finally {
      await new Promise<void>((resolve) => pool.close(resolve))
    }
  })
})
