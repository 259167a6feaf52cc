/**
 * A worker that serves the jobs by Effect's RPC.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcServer from "effect/rpc/RpcServer"
import { group, Refused } from "./effectRpcGroup.ts"
import { functions } from "./jobs.ts"

const handlers = group.toLayer({
  add: (payload) => Effect.sync(() => functions.add(payload)),
  begun: () => Effect.sync(functions.begun),
  echo: (payload) => Effect.sync(() => functions.echo(payload)),
  exhaust: () => Effect.sync(functions.exhaust),
  exit: () => Effect.sync(functions.exit),
  hold: (ms) => Effect.sync(() => functions.hold(ms)),
  loop: () => Effect.sync(functions.loop),
  makeFunction: () => Effect.sync(functions.makeFunction),
  native: () => Effect.sync(functions.native),
  refuse: (reason) => Effect.tryPromise({ try: () => functions.refuse(reason), catch: () => new Refused({ reason }) }),
  spin: (ms) => Effect.sync(() => functions.spin(ms)),
  throws: () => Effect.sync(functions.throws),
  work: (rounds) => Effect.sync(() => functions.work(rounds))
})

RpcServer.layer(group, { disableTracing: true }).pipe(
  Layer.provide(handlers),
  Layer.provide(RpcServer.layerProtocolWorkerRunner),
  Layer.provide(NodeWorkerRunner.layer),
  Layer.launch,
  NodeRuntime.runMain
)
