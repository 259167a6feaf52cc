/**
 * The work: a JPEG in, a smaller JPEG out. `render` is that computation; it waits for nothing, so whoever runs it
 * spends 30 to 150 ms of processor time on the thread it is run on. `thumbnail` is the same as a task, which a worker
 * thread runs. Workers import this module and what it imports, and nothing else of the service; so these modules import
 * Effect and Giveway by module, which starts a worker in half the time.
 */
import * as Task from "@giveway/core/Task"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decode, encode, NotAnImage } from "./jpeg.ts"
import { resize } from "./resize.ts"

/** JPEG quality of a thumbnail. A habit of the trade: below 80 artefacts show, above 85 only the size grows. */
const quality = 82

/** What a thumbnail is made from: a JPEG file, and the pixels across. */
const ThumbnailRequest = Schema.Struct({ image: Schema.Uint8Array, width: Schema.Int })
export type ThumbnailRequest = typeof ThumbnailRequest.Type

/** Computes a thumbnail, on the calling thread, in one go. */
export const render = ({ image, width }: ThumbnailRequest): Effect.Effect<Uint8Array, NotAnImage> =>
  Effect.map(decode(image), (bitmap) => encode(resize(bitmap, width), quality))

/** The same, for a worker thread: `Compute.run(thumbnail, { image, width })`. */
export const thumbnail = Task.make(
  import.meta.url,
  "thumbnail",
  { error: NotAnImage, payload: ThumbnailRequest, success: Schema.Uint8Array },
  render
)
