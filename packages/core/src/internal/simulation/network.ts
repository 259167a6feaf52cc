/**
 * A network in memory: the HTTP server and the HTTP client of one program, and between them delays, losses and partitions.
 *
 * A request goes to the handlers as a value, without bytes and sockets, so it costs microseconds and needs nothing of the host. What
 * the client sees of a fault is what it sees in production: a `TransportError`.
 *
 * **Invariants**: a client that is interrupted interrupts its handler, and goes on when that has ended; a request that was lost on its
 * way there has never begun; one whose answer was lost has been handled.
 *
 * Rejected: web requests and responses (their streams are promises of the host, so each chunk would leave the schedule).
 *
 * Decision 0169.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpEffect from "effect/http/HttpEffect"
import type * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import type { Span } from "./span.ts"
import { isWithin, lengthOf } from "./span.ts"

/** Times in ms. */
interface NetworkSettings {
  readonly delay: Span
  /** the chance that a request, or an answer, is lost */
  readonly loss: number
  readonly partitions: ReadonlyArray<Span>
}

interface Served {
  readonly app: Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, any>
  readonly middleware: HttpMiddleware.HttpMiddleware | undefined
  readonly context: Context.Context<never>
}

interface Network {
  readonly server: HttpServer.HttpServer["Service"]
  readonly client: HttpClient.HttpClient
}

/** The address that the program sees. Nobody listens there. */
const port = 80

/** `draw` gives numbers from 0 to below 1; `startedAt` is the time from which partitions count. */
export const make = ({ delay, loss, partitions }: NetworkSettings, draw: () => number, startedAt: number): Network => {
  let served: Served | undefined

  const fail = (request: HttpClientRequest.HttpClientRequest, description: string) =>
    Effect.fail(
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, description }) })
    )

  /** One way between the two. */
  const hop = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.gen(function* () {
      const ms = lengthOf(delay, draw())
      if (ms > 0) yield* Effect.sleep(ms)
      const now = (yield* Clock.currentTimeMillis) - startedAt
      if (partitions.some((partition) => isWithin(partition, now))) {
        return yield* fail(request, "the simulated network is partitioned")
      }
      if (draw() < loss) return yield* fail(request, "the simulated network lost the connection")
    })

  const handle = (request: HttpClientRequest.HttpClientRequest, { app, context, middleware }: Served) =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<HttpServerResponse.HttpServerResponse>()
      const handled = HttpEffect.toHandled(
        app,
        (_, response) => Deferred.succeed(answer, HttpEffect.scopeTransferToStream(response)),
        middleware
      )
      const incoming = Context.add(
        context,
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromClientRequest(request)
      )
      const fiber = yield* Effect.forkDetach(Effect.provideContext(handled, incoming) as Effect.Effect<void>)
      return yield* Effect.onInterrupt(Deferred.await(answer), () => Fiber.interrupt(fiber))
    })

  return {
    server: HttpServer.make({
      address: NetAddress.inetAddressFromInputUnsafe({ address: "127.0.0.1", port }),
      serve: (app, middleware) =>
        Effect.acquireRelease(
          Effect.map(Effect.context<never>(), (context) => void (served = { app, middleware, context })),
          () => Effect.sync(() => void (served = undefined))
        )
    }),
    client: HttpClient.make((request) =>
      Effect.gen(function* () {
        yield* hop(request)
        if (served === undefined) return yield* fail(request, "nobody serves in the simulated network")
        const response = yield* handle(request, served)
        yield* hop(request)
        return HttpServerResponse.toClientResponse(response, { request })
      })
    )
  }
}
