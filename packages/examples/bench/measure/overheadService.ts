/**
 * The thumbnail service with supervision `off` or `on`, for the benchmark `overhead`; otherwise it is the same. Arguments:
 * the side and the folder for images. Prints its port as a line of JSON and logs on standard error, then, for each line on its standard input, the
 * CPU time that the process has taken, µs; leaves when its standard input ends.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { FairScheduler, FiberDump, Supervision } from "@giveway/core"
import { NodeCompute, NodeSysmon } from "@giveway/node"
import { Console, Effect, Layer, Logger, Stream } from "effect"
import { HttpServer } from "effect/http"
import { createInterface } from "node:readline"
import * as server from "../../src/thumbnails/server.ts"
import { Thumbnailer } from "../../src/thumbnails/Thumbnailer.ts"

const [side, directory] = process.argv.slice(2) as ["off" | "on", string]

/** Answers as supervision does, and sees nothing. */
const nobody = Layer.succeed(Supervision.Supervision)({
  fibers: Effect.succeed([]),
  dump: Effect.sync(() => new FiberDump.FiberDump({ takenAt: Date.now(), fibers: [] })),
  starvation: Stream.never,
  recent: Effect.succeed([]),
  usage: Effect.succeed([]),
  lints: Effect.succeed([]),
  statistics: Effect.succeed({
    liveFibers: 0,
    slices: 0,
    selfMs: 0,
    stalls: 0,
    excused: 0,
    hooked: false,
    slicesEndBy: undefined
  })
})

const announce = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  if ("port" in address) yield* Console.log(JSON.stringify({ port: address.port }))
})

const parentGone = Effect.callback<void>((resume) => {
  createInterface({ input: process.stdin })
    .on("line", () => {
      const { system, user } = process.cpuUsage()
      console.log(JSON.stringify({ cpuUs: system + user }))
    })
    .once("close", () => resume(Effect.void))
})

const service = Layer.effectDiscard(announce).pipe(
  Layer.provide(server.layer({ directory, host: "127.0.0.1", port: 0 })),
  Layer.provide(Thumbnailer.layerCompute),
  Layer.provide(NodeCompute.layer({ queue: { capacity: 64, overflow: "fail" } })),
  Layer.provide(side === "on" ? NodeSysmon.layer({ logs: false }) : nobody),
  Layer.provide(NodeServices.layer),
  Layer.provide(FairScheduler.layer()),
  // standard output is read by the benchmark
  Layer.provide(Layer.succeed(Logger.LogToStderr)(true))
)

NodeRuntime.runMain(Effect.raceFirst(parentGone, Layer.launch(service)))
