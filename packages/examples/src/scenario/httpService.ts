/**
 * The rim that the HTTP services of the scenarios share: two light endpoints, a port of their own, an end with their parent. What is worth
 * copying stands in the scenario's own `service.ts`.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

/** `/ping` is the light request; `/stats` is what the load generator asks for: the processor time of this process. */
const rim = Layer.mergeAll(
  HttpRouter.add("GET", "/ping", HttpServerResponse.text("pong")),
  HttpRouter.add(
    "GET",
    "/stats",
    Effect.sync(() => {
      const { system, user } = process.cpuUsage()
      return HttpServerResponse.jsonUnsafe({ nowMs: performance.now(), cpuMs: (system + user) / 1000 })
    })
  )
)

const announce = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  if ("port" in address) yield* Console.log(JSON.stringify({ port: address.port }))
})

const parentGone = Effect.callback<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void)).resume()
})

/** Serves `routes` until the process that started this one has gone. */
export const serve = <E, R>(routes: Layer.Layer<never, E, R>) =>
  Effect.raceFirst(
    parentGone,
    Layer.effectDiscard(announce).pipe(
      Layer.provideMerge(
        HttpRouter.serve(Layer.mergeAll(rim, routes), { disableListenLog: true, disableLogger: true })
      ),
      Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })),
      Layer.launch
    )
  )
