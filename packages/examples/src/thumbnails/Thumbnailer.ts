/**
 * Where thumbnails are computed: the one difference between the two variants of this service.
 */
import { Compute } from "@giveway/core"
import { Context, Effect, Layer } from "effect"
import type { NotAnImage } from "./jpeg.ts"
import { render, thumbnail } from "./thumbnail.ts"
import type { ThumbnailRequest } from "./thumbnail.ts"
import { TooBusy } from "./ThumbnailApi.ts"

export class Thumbnailer extends Context.Service<
  Thumbnailer,
  {
    thumbnail(request: ThumbnailRequest): Effect.Effect<Uint8Array, NotAnImage | TooBusy>
  }
>()("@giveway/examples/Thumbnailer") {
  /** On the event loop, as a service without threads does it: everybody else waits meanwhile. */
  static readonly layerInline: Layer.Layer<Thumbnailer> = Layer.succeed(Thumbnailer)({
    thumbnail: (request) => Effect.withSpan(render(request), "thumbnail")
  })

  /** On a worker thread. Interrupting the caller cancels the job. */
  static readonly layerCompute: Layer.Layer<Thumbnailer, never, Compute.Compute> = Layer.effect(
    Thumbnailer,
    Effect.map(Effect.context<Compute.Compute>(), (context) => ({
      thumbnail: (request) =>
        Compute.run(thumbnail, request).pipe(
          Effect.catchTag("ComputeOverloaded", (error) => Effect.fail(new TooBusy({ message: error.message }))),
          // what is left means a broken worker or a bug: the request is answered with a 500 and the cause is logged
          Effect.catchIf((error) => error._tag !== "NotAnImage" && error._tag !== "TooBusy", Effect.die),
          Effect.withSpan("thumbnail"),
          Effect.provideContext(context)
        )
    }))
  )
}
