/**
 * The endpoints, implemented. The code is the same for both variants of the service: what differs comes in through the
 * `Thumbnailer` layer.
 */
import { Effect, Layer, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Images } from "./Images.ts"
import { Statistics } from "./Statistics.ts"
import { ThumbnailApi } from "./ThumbnailApi.ts"
import { Thumbnailer } from "./Thumbnailer.ts"

const images = HttpApiBuilder.group(
  ThumbnailApi,
  "images",
  Effect.fn(function* (handlers) {
    const images = yield* Images
    const statistics = yield* Statistics
    const thumbnailer = yield* Thumbnailer

    return handlers.handleAll({
      upload: ({ params, payload }) => images.upload(params.id, Stream.orDie(payload)),
      list: () => images.list,
      // A client that goes away interrupts this fiber, and the job goes with it.
      thumbnail: Effect.fnUntraced(function* ({ params, query }) {
        const image = yield* images.read(params.id)
        const thumbnail = yield* thumbnailer.thumbnail({ image, width: query.width })
        yield* statistics.thumbnailMade
        return thumbnail
      }),
      remove: ({ params }) => images.remove(params.id)
    })
  })
)

const system = HttpApiBuilder.group(
  ThumbnailApi,
  "system",
  Effect.fn(function* (handlers) {
    const statistics = yield* Statistics
    return handlers.handleAll({
      ping: () => Effect.as(Effect.sleep("1 millis"), "pong"),
      health: () => Effect.void,
      stats: () => statistics.current
    })
  })
)

/** All handlers. Needs `Images`, `Thumbnailer` and `Statistics`. */
export const layer = Layer.merge(images, system)
