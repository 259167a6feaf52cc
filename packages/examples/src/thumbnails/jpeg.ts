/**
 * The codec: JPEG bytes to pixels and back, in plain JavaScript (`jpeg-js`), with a typed error instead of a throw.
 *
 * `decode` is one opaque call of 20 to 110 ms for the photographs of this example: code of somebody else, without a
 * yield point inside. That is on purpose. It is what real services call, and what the pool's grace period is for.
 * Rejected: a WebAssembly codec, which is no JavaScript to be scheduled; see docs/decisions/0040-jpeg-codec.md.
 *
 * Left out, because it is an example: the EXIF orientation.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decode as decodeJpeg, encode as encodeJpeg } from "jpeg-js"

/** Pixels in memory, three bytes (red, green, blue; sRGB) each, row by row from the top. */
export interface Bitmap {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The bytes are no JPEG that this service can read. A 422 over HTTP, and a typed failure of the task. */
export class NotAnImage extends Schema.TaggedError<NotAnImage>()(
  "NotAnImage",
  { message: Schema.String },
  { httpApiStatus: 422 }
) {
  static because(reason: string): NotAnImage {
    return new NotAnImage({
      message: `This is no JPEG that can be read: ${reason}. Store a baseline or progressive one.`
    })
  }
}

/** 24 megapixels, a full-size phone photograph. Decoding takes about 20 bytes a pixel, so this bounds a job at 0.5 GB. */
export const maxPixels = 24_000_000

const maxMemoryMb = 512

const startOfImage = 0xffd8
const startOfScan = 0xda

/** Start-of-frame markers, minus DHT (c4), JPG (c8) and DAC (cc), which share their range. */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/**
 * The size of a JPEG, from its header alone: microseconds, so an upload can be checked on the event loop. Whether the
 * pixels can be read too is seen when they are.
 */
export const readSize = (
  bytes: Uint8Array
): Result.Result<{ readonly width: number; readonly height: number }, NotAnImage> => {
  const fail = (reason: string) => Result.fail(NotAnImage.because(reason))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4 || view.getUint16(0) !== startOfImage) return fail("it does not start with a JPEG header")
  let offset = 2
  while (offset + 9 <= bytes.length) {
    if (bytes[offset] !== 0xff) return fail(`a marker was expected at byte ${offset}`)
    const marker = bytes[offset + 1]!
    if (marker === 0xff) {
      offset += 1
      continue
    }
    if (isStartOfFrame(marker)) {
      const height = view.getUint16(offset + 5)
      const width = view.getUint16(offset + 7)
      if (width === 0 || height === 0) return fail(`its size is ${width} × ${height}`)
      if (width * height > maxPixels) {
        return fail(`${width} × ${height} is more than the ${maxPixels / 1e6} megapixels this service takes`)
      }
      return Result.succeed({ width, height })
    }
    if (marker === startOfScan) break
    offset += 2 + view.getUint16(offset + 2)
  }
  return fail("it ends before its size is given")
}

/** All pixels of a JPEG. Synchronous inside: about 50 ns a pixel of the calling thread. */
export const decode = (bytes: Uint8Array): Effect.Effect<Bitmap, NotAnImage> =>
  Effect.fromResult(readSize(bytes)).pipe(
    Effect.andThen(
      Effect.try({
        try: () =>
          decodeJpeg(bytes, {
            useTArray: true,
            formatAsRGBA: false,
            tolerantDecoding: false,
            maxResolutionInMP: maxPixels / 1e6,
            maxMemoryUsageInMB: maxMemoryMb
          }),
        catch: (error) => NotAnImage.because(error instanceof Error ? error.message : String(error))
      })
    )
  )

/** A JPEG of the pixels; `quality` from 1 to 100. */
export const encode = (bitmap: Bitmap, quality: number): Uint8Array => {
  const { data, height, width } = bitmap
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!
    rgba[to + 1] = data[from + 1]!
    rgba[to + 2] = data[from + 2]!
  }
  // jpeg-js answers with a Buffer, which cannot be structured-cloned as what it is
  const encoded = encodeJpeg({ data: rgba, height, width }, quality).data
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}
