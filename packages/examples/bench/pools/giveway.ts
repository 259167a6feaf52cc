/**
 * Ours, as a user calls it: `Compute.run` in a fiber, schemas on, default options, but for one: like its peers it does not
 * wait for a native call that cannot be stopped.
 */
import * as Compute from "@giveway/core/Compute"
import type * as Task from "@giveway/core/Task"
import * as NodeCompute from "@giveway/node/NodeCompute"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Job, Start } from "./contestant.ts"
import { effectLane } from "./effectLane.ts"
import { Refused, tasks } from "./givewayTasks.ts"

const run = ({ name, payload }: Job): Effect.Effect<unknown, unknown, Compute.Compute> =>
  Compute.run(tasks[name] as Task.Task<unknown, unknown, unknown>, payload)

export const start: Start = async ({ graceMs, heapMb, priority, workers }) => {
  const runtime = ManagedRuntime.make(
    NodeCompute.layer({
      minWorkers: workers,
      maxWorkers: workers,
      maxHeapMb: heapMb,
      grace: graceMs,
      abandonAfter: 250,
      priority
    })
  )
  await runtime.context()
  return {
    run: (job, signal) => runtime.runPromise(run(job), signal === undefined ? {} : { signal }),
    lane: (next, done) => runtime.runPromise(effectLane(run)(next, done)),
    Refused,
    close: () => runtime.dispose()
  }
}
