/**
 * The store on a real disk: what is in its folder, and what happens to it meanwhile.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FileSystem, Stream } from "effect"
import { readFileSync } from "node:fs"
import { Images } from "../../src/thumbnails/Images.ts"
import { photographs } from "../../src/thumbnails/photographs.ts"
import { ImageId } from "../../src/thumbnails/ThumbnailApi.ts"

const bytes = readFileSync(photographs[5]!.path)
const id = ImageId.make("mine")

/** Runs `test` with a store in a folder of its own. */
const stored = <A, E>(test: (directory: string) => Effect.Effect<A, E, Images | FileSystem.FileSystem>) =>
  Effect.gen(function* () {
    const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "giveway-images-" })
    return yield* Effect.provide(test(directory), Images.layer(directory))
  }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)

const upload = Effect.flatMap(Images, (images) => images.upload(id, Stream.succeed(bytes)))

describe("the store", () => {
  it.live("lists images only, whatever else lies in its folder", () =>
    stored((directory) =>
      Effect.gen(function* () {
        const fileSystem = yield* FileSystem.FileSystem
        yield* upload
        for (const name of ["My Photo.jpg", ".hidden.jpg", "notes.txt"]) {
          yield* fileSystem.writeFile(`${directory}/${name}`, bytes)
        }
        assert.deepStrictEqual(yield* (yield* Images).list, [{ id, bytes: bytes.length }])
      })
    )
  )

  it.live("lists and reads while others upload and remove the same image", () =>
    stored((directory) =>
      Effect.gen(function* () {
        const images = yield* Images
        const churn = Effect.andThen(upload, Effect.ignore(images.remove(id)))
        const look = Effect.gen(function* () {
          for (const entry of yield* images.list) assert.strictEqual(entry.bytes, bytes.length)
          const read = yield* Effect.exit(images.read(id))
          if (Exit.isSuccess(read)) assert.strictEqual(read.value.length, bytes.length)
        })
        const times = (n: number) => Array.from({ length: n }, (_, i) => i)
        yield* Effect.all(
          [
            Effect.forEach(times(60), () => churn, { concurrency: 4 }),
            Effect.forEach(times(120), () => look, { concurrency: 4 })
          ],
          { concurrency: 2 }
        )
        assert.isEmpty(
          (yield* (yield* FileSystem.FileSystem).readDirectory(directory)).filter((name) => name[0] === ".")
        )
      })
    )
  )

  it.live("keeps nothing of an upload whose client went away, at whatever moment", () =>
    stored((directory) =>
      Effect.gen(function* () {
        yield* Effect.forEach(
          Array.from({ length: 40 }, (_, i) => i),
          (i) => Effect.ignore(Effect.timeout(upload, i / 10)),
          { concurrency: 8 }
        )
        const names = yield* (yield* FileSystem.FileSystem).readDirectory(directory)
        assert.isEmpty(names.filter((name) => name !== `${id}.jpg`))
      })
    )
  )
})
