/**
 * The store: one file an image in one folder. Everything here waits; nothing computes.
 *
 * **Invariant.** A file under its final name is whole: an upload is written beside it and renamed, so a request that
 * reads while another uploads sees the old image or the new one.
 */
import { Context, Effect, FileSystem, Layer, Path, Schema, Stream } from "effect"
import type { PlatformError } from "effect"
import { NotAnImage, readSize } from "./jpeg.ts"
import { ImageId, ImageNotFound, ImageTooLarge, maxUploadBytes } from "./ThumbnailApi.ts"
import type { ImageEntry, StoredImage } from "./ThumbnailApi.ts"

const extension = ".jpg"

export class Images extends Context.Service<
  Images,
  {
    /** Stores the body if it is a JPEG. Stops reading as soon as it is too large. */
    upload<E>(
      id: ImageId,
      body: Stream.Stream<Uint8Array, E>
    ): Effect.Effect<StoredImage, NotAnImage | ImageTooLarge | E>
    readonly list: Effect.Effect<ReadonlyArray<ImageEntry>>
    read(id: ImageId): Effect.Effect<Uint8Array, ImageNotFound>
    remove(id: ImageId): Effect.Effect<void, ImageNotFound>
  }
>()("@giveway/examples/Images") {
  /** Keeps the images in `directory`, which is made if it is not there. A broken disk is a defect, so a 500. */
  static readonly layer = (
    directory: string
  ): Layer.Layer<Images, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(
      Images,
      Effect.gen(function* () {
        const fileSystem = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        yield* fileSystem.makeDirectory(directory, { recursive: true })

        const fileOf = (id: ImageId): string => path.join(directory, id + extension)
        let uploads = 0

        const notFoundOrDie = (id: ImageId) => (error: PlatformError.PlatformError) =>
          error.reason._tag === "NotFound" ? Effect.fail(ImageNotFound.of(id)) : Effect.die(error)

        const upload = Effect.fn("Images.upload")(function* <E>(id: ImageId, body: Stream.Stream<Uint8Array, E>) {
          const bytes = yield* collect(body)
          const size = yield* Effect.fromResult(readSize(bytes))
          uploads += 1
          const unfinished = path.join(directory, `.${id}.${uploads}`)
          // Uninterruptible: an aborted write may still create its file after it was removed.
          yield* fileSystem.writeFile(unfinished, bytes).pipe(
            Effect.andThen(fileSystem.rename(unfinished, fileOf(id))),
            Effect.onError(() => Effect.ignore(fileSystem.remove(unfinished, { force: true }))),
            Effect.orDie,
            Effect.uninterruptible
          )
          return { id, bytes: bytes.length, ...size }
        })

        /** Nothing for an image that was removed since the folder was read. */
        const describe = (id: ImageId) =>
          fileSystem.stat(fileOf(id)).pipe(
            Effect.map((info) => [{ id, bytes: Number(info.size) }]),
            Effect.catchIf(
              (error) => error.reason._tag === "NotFound",
              () => Effect.succeed([])
            )
          )

        return Images.of({
          upload,
          list: fileSystem.readDirectory(directory).pipe(
            Effect.map((names) => idsIn(names).toSorted()),
            Effect.flatMap(Effect.forEach(describe)),
            Effect.map((entries) => entries.flat()),
            Effect.orDie
          ),
          read: (id) => fileSystem.readFile(fileOf(id)).pipe(Effect.catch(notFoundOrDie(id))),
          remove: (id) => fileSystem.remove(fileOf(id)).pipe(Effect.catch(notFoundOrDie(id)))
        })
      })
    )
}

/** The images among the files of a folder that people may keep other things in too. */
const idsIn = (names: ReadonlyArray<string>): Array<ImageId> =>
  names
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .filter(Schema.is(ImageId))

/** The whole body as one array, or a failure as soon as it passes the limit. */
const collect = Effect.fnUntraced(function* <E>(body: Stream.Stream<Uint8Array, E>) {
  const chunks: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(body, (chunk) => {
    length += chunk.length
    if (length > maxUploadBytes) return Effect.fail(ImageTooLarge.of(maxUploadBytes))
    chunks.push(chunk)
    return Effect.void
  })
  return new Uint8Array(Buffer.concat(chunks, length))
})
