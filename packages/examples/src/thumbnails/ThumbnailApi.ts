/**
 * The service as its clients see it: endpoints, types and errors, and nothing of how it is done. The server implements
 * it (`handlers.ts`), `npm start` and the tests call it through the client that Effect derives from it, and
 * `/openapi.json` describes it.
 */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import { NotAnImage } from "./jpeg.ts"

/** The name of a stored image. It becomes a file name, so it can hold nothing that leaves the folder. */
export const ImageId = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
      message: "Expected 1 to 64 of a-z, 0-9, _ and -, the first a letter or a digit"
    })
  ),
  Schema.brand("ImageId")
)
export type ImageId = typeof ImageId.Type

/** Pixels across a thumbnail. The upper bound keeps it a thumbnail. */
export const Width = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 16, maximum: 1024 })))

/** The largest upload, bytes. A 24-megapixel photograph from a phone has 5 to 10 MB. */
export const maxUploadBytes = 16 * 1024 * 1024

/** One line of the list. */
export const ImageEntry = Schema.Struct({ id: ImageId, bytes: Schema.Int })
export type ImageEntry = typeof ImageEntry.Type

/** What an upload answers: what was stored. */
export const StoredImage = Schema.Struct({ ...ImageEntry.fields, width: Schema.Int, height: Schema.Int })
export type StoredImage = typeof StoredImage.Type

/** No image has this name. */
export class ImageNotFound extends Schema.TaggedError<ImageNotFound>()(
  "ImageNotFound",
  { id: ImageId, message: Schema.String },
  { httpApiStatus: 404 }
) {
  static of(id: ImageId): ImageNotFound {
    const message = `There is no image "${id}". PUT it to /images/${id} first; GET /images lists what is there.`
    return new ImageNotFound({ id, message })
  }
}

/** The upload is larger than the service takes. Nothing of it is kept. */
export class ImageTooLarge extends Schema.TaggedError<ImageTooLarge>()(
  "ImageTooLarge",
  { maxBytes: Schema.Int, message: Schema.String },
  { httpApiStatus: 413 }
) {
  static of(maxBytes: number): ImageTooLarge {
    return new ImageTooLarge({ maxBytes, message: `The body is larger than ${maxBytes} bytes. Send a smaller file.` })
  }
}

/** More thumbnails are asked for than the service is willing to queue. */
export class TooBusy extends Schema.TaggedError<TooBusy>()(
  "TooBusy",
  { message: Schema.String },
  { httpApiStatus: 503 }
) {}

/** What the event loop of the service suffered, as its watchdog saw it. */
export const Stalls = Schema.Struct({
  /** episodes since the service started */
  seen: Schema.Int,
  /** the longest one; absent if there was none */
  worst: Schema.optionalKey(
    Schema.Struct({
      durationMs: Schema.Number,
      /** who, where and what to do, as in the log */
      report: Schema.String,
      /** what ran meanwhile, innermost first, without the frames of runtimes */
      stack: Schema.Array(Schema.String)
    })
  )
})

/** The service's own figures. */
export const ServiceStats = Schema.Struct({
  /** ms on this process's monotonic clock, so that two answers give a rate */
  nowMs: Schema.Number,
  /** processor time this process has used, all its threads, ms */
  cpuMs: Schema.Number,
  /** thumbnails made */
  thumbnails: Schema.Int,
  stalls: Stalls
})

class ImagesGroup extends HttpApiGroup.make("images")
  .add(
    HttpApiEndpoint.put("upload", "/images/:id", {
      params: { id: ImageId },
      payload: HttpApiSchema.StreamUint8Array({ contentType: ["image/jpeg", "application/octet-stream"] }),
      success: StoredImage,
      error: [NotAnImage, ImageTooLarge]
    }).annotateMerge(OpenApi.annotations({ summary: "Store a JPEG", description: "Replaces an image of that name." })),
    HttpApiEndpoint.get("list", "/images", { success: Schema.Array(ImageEntry) }).annotateMerge(
      OpenApi.annotations({ summary: "List what is stored" })
    ),
    HttpApiEndpoint.get("thumbnail", "/images/:id/thumbnail", {
      params: { id: ImageId },
      query: { width: Width },
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "image/jpeg" })),
      error: [ImageNotFound, NotAnImage, TooBusy]
    }).annotateMerge(
      OpenApi.annotations({ summary: "A thumbnail, as JPEG", description: "Computed anew for each request." })
    ),
    HttpApiEndpoint.delete("remove", "/images/:id", { params: { id: ImageId }, error: ImageNotFound }).annotateMerge(
      OpenApi.annotations({ summary: "Forget an image" })
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Images" })) {}

class SystemGroup extends HttpApiGroup.make("system", { topLevel: true })
  .add(
    HttpApiEndpoint.get("ping", "/ping", { success: Schema.String.pipe(HttpApiSchema.asText()) }).annotateMerge(
      OpenApi.annotations({ summary: "Wait a millisecond, then answer" })
    ),
    HttpApiEndpoint.get("health", "/healthz").annotateMerge(OpenApi.annotations({ summary: "Answer at once" })),
    HttpApiEndpoint.get("stats", "/stats", { success: ServiceStats }).annotateMerge(
      OpenApi.annotations({ summary: "What the service knows of itself" })
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "System" })) {}

/** All of it. A request that does not fit is a 400 whose body names the field. */
export class ThumbnailApi extends HttpApi.make("thumbnails")
  .add(ImagesGroup, SystemGroup)
  .middleware(HttpApiMiddleware.ProblemDetails)
  .annotateMerge(
    OpenApi.annotations({
      title: "Thumbnails",
      description: "Stores photographs and computes thumbnails of them. An example of Giveway."
    })
  ) {}
