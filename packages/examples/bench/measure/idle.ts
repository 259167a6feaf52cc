/**
 * A process at rest for the benchmark `idle`, of one kind:
 *
 * - `control`: Effect under `FairScheduler`, and an empty timer of 200 ms that keeps nothing alive: what a beat of today costs
 * - `plain`: the same without the timer
 * - `supervised`: with `NodeSysmon`
 * - `pool`: that, and two workers that have run a job each
 * - `served`: `Giveway.layer` with its socket, which is all of it
 *
 * It prints a line when it is at rest, and lives until it is killed.
 */
import { Compute, FairScheduler } from "@giveway/core"
import { Giveway, NodeCompute, NodeSysmon } from "@giveway/node"
import { Effect, Layer, ManagedRuntime } from "effect"
import { tasks } from "../pools/givewayTasks.ts"

export type Kind = "control" | "plain" | "supervised" | "pool" | "served"

const kind = process.argv[2] as Kind

const fair = FairScheduler.layer()

const workers = { minWorkers: 2, maxWorkers: 2 }

const pooled = NodeSysmon.layer({ logs: false }).pipe(
  Layer.provideMerge(NodeCompute.layer(workers)),
  Layer.provideMerge(fair)
)

/** Each worker has run a job, so that none is still starting. */
const runJobs = Effect.andThen(
  Compute.ready,
  Effect.forEach([1, 2, 3, 4], (a) => Compute.run(tasks.add, { a, b: 6 }), { concurrency: "unbounded", discard: true })
)

const keep = async <A, E>(layer: Layer.Layer<A, E>, ready: Effect.Effect<unknown, unknown, A>): Promise<void> => {
  const runtime = ManagedRuntime.make(layer)
  await runtime.runPromise(ready)
}

const kinds: Readonly<Record<Kind, () => Promise<void>>> = {
  control: async () => {
    await keep(fair, Effect.void)
    setInterval(() => {}, 200).unref()
  },
  plain: () => keep(fair, Effect.void),
  supervised: () => keep(Layer.provideMerge(NodeSysmon.layer({ logs: false }), fair), Effect.void),
  pool: () => keep(pooled, runJobs),
  served: () => keep(Giveway.layer({ compute: workers, sysmon: { logs: false, serve: { socket: true } } }), runJobs)
}

await kinds[kind]()
process.stdout.write("at rest\n")
// one timer keeps the process alive, and never comes
setTimeout(() => {}, 2 ** 31 - 1)
