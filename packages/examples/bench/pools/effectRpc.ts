/**
 * Effect's own RPC over a pool of workers, tracing off, one job per worker: more (`concurrency`) did not make it faster when
 * tried, and let short jobs wait behind long ones.
 */
import * as NodeWorker from "@effect/platform-node/NodeWorker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RpcClient from "effect/rpc/RpcClient"
import { Worker } from "node:worker_threads"
import { limited } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { effectLane } from "./effectLane.ts"
import { group, Refused } from "./effectRpcGroup.ts"

type Procedures = Readonly<Record<Job["name"], (payload: unknown) => Effect.Effect<unknown, unknown>>>

class Client extends Context.Service<Client, Procedures>()("bench/effectRpc/Client") {}

const run = ({ name, payload }: Job): Effect.Effect<unknown, unknown, Client> =>
  Effect.flatMap(Client, (client) => client[name](payload))

export const start: Start = async ({ heapMb, workers }) => {
  const spawn = () => new Worker(new URL("./effectRpcWorker.ts", import.meta.url), limited(heapMb))
  const client = Effect.map(
    RpcClient.make(group, { disableTracing: true }),
    (client) => client as unknown as Procedures
  )
  const runtime = ManagedRuntime.make(
    Layer.effect(Client, client).pipe(
      Layer.provide(RpcClient.layerProtocolWorker({ size: workers })),
      Layer.provide(NodeWorker.layer(spawn))
    )
  )
  await runtime.context()
  return {
    run: (job, signal) => runtime.runPromise(run(job), signal === undefined ? {} : { signal }),
    lane: (next, done) => runtime.runPromise(effectLane(run)(next, done)),
    Refused,
    close: () => runtime.dispose()
  }
}
