/**
 * The service as a layer: endpoints, their OpenAPI document and an HTTP server on one port.
 *
 * Rejected: `HttpApiScalar.layer`, a page of documentation. Its script is a module of 3 MB, and importing it holds the
 * loop for 70 ms at the start of the service, as supervision was quick to say.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Layer, Schema } from "effect"
import { HttpMiddleware, HttpRouter } from "effect/http"
import { HttpApiBuilder, HttpApiMiddleware } from "effect/http-api"
import { createServer } from "node:http"
import * as handlers from "./handlers.ts"
import { Images } from "./Images.ts"
import { Statistics } from "./Statistics.ts"
import { ThumbnailApi } from "./ThumbnailApi.ts"

/** How long a stopping server waits for requests that are under way, before it interrupts them. */
const patience = "2 seconds"

/** ms. Longer than a load balancer's 60 s, so that the balancer closes an idle connection and not the service. */
const keepAliveTimeout = 65_000

/** Where the service listens and keeps its files. */
export interface ServerOptions {
  readonly host: string
  /** 0 for any free port */
  readonly port: number
  /** folder of the stored images */
  readonly directory: string
}

/** The service cannot listen where it was told to. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  message: Schema.String,
  cause: Schema.Defect()
}) {}

/** Node's reason, in words that say what to do. */
export const cannotListen = ({ host, port }: ServerOptions, cause: unknown): CannotListen => {
  const { code } = cause as NodeJS.ErrnoException
  const why =
    code === "EADDRINUSE"
      ? "another process listens there. Choose another port with --port, or 0 for any free one."
      : `${code ?? String(cause)}.`
  return new CannotListen({ cause, message: `Cannot listen on ${host}, port ${port}: ${why}` })
}

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(ThumbnailApi, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide(handlers.layer),
    Layer.provide(HttpApiMiddleware.layerProblemDetails({ includeDetails: true }))
  ),
  // The light endpoints cost less than a span of them would.
  HttpMiddleware.layerTracerDisabledForUrls(["/ping", "/healthz"])
)

/** Serves by the `HttpServer` that it is given: that of Node, or that of a simulation. */
export const service = (directory: string) =>
  HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
    Layer.provide([Images.layer(directory), Statistics.layer])
  )

/** Serves; needs only a `Thumbnailer` and the platform. Provides the `HttpServer`, which knows its address. */
export const layer = (options: ServerOptions) =>
  service(options.directory).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(() => createServer({ keepAliveTimeout }), {
        gracefulShutdownTimeout: patience,
        host: options.host,
        port: options.port
      })
    )
  )
