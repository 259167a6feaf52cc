/**
 * A request handler that waits and computes: it fetches metadata from another server, then computes for some 50 ms. `async-only` computes
 * on the event loop, `giveway` on a worker thread, and that is the whole difference.
 *
 * Arguments: the side.
 */
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Compute } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect, Layer } from "effect"
import { HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { serve } from "../scenario/httpService.ts"
import { countPrimes, primes } from "./primes.ts"

/** The other server: real, on a port of its own, and as slow as a database nearby. */
const metadata = HttpRouter.serve(
  HttpRouter.add(
    "GET",
    "/metadata",
    Effect.as(Effect.sleep("2 millis"), HttpServerResponse.jsonUnsafe({ below: 580_000 }))
  ),
  { disableListenLog: true, disableLogger: true }
).pipe(Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })))

const fetchMetadata = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const { address } = yield* HttpServer.HttpServer
  const response = yield* client.get(`${HttpServer.formatAddress(address)}/metadata`)
  return (yield* response.json) as { readonly below: number }
})

/** The hybrid handler: fibers for waiting, and `compute` for working. */
const handler = <E, R>(compute: (below: number) => Effect.Effect<number, E, R>) =>
  Effect.gen(function* () {
    const { below } = yield* fetchMetadata
    return HttpServerResponse.text(String(yield* compute(below)))
  }).pipe(Effect.withSpan("handle_request"), Effect.orDie)

/** The other server, and the client for it. */
const upstream = Layer.mergeAll(metadata, NodeHttpClient.layerNodeHttp)

const routes = <E, R>(compute: (below: number) => Effect.Effect<number, E, R>) =>
  Layer.unwrap(
    Effect.map(Layer.build(upstream), (built) =>
      HttpRouter.add("GET", "/work", Effect.provide(handler(compute), built))
    )
  )

const asyncOnly = serve(routes((below) => Effect.sync(() => primes(below))))
const hybrid = serve(routes((below) => Compute.run(countPrimes, below)))

if (process.argv[2] === "giveway") Giveway.runMain(hybrid)
else NodeRuntime.runMain(asyncOnly)
