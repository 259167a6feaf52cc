/**
 * The service end to end: real HTTP, real photographs, real files; jobs inline and on worker threads.
 */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Compute, Supervision, TestCompute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Context, Effect, FileSystem, Layer, Result, Stream } from "effect"
import { HttpClient, HttpClientRequest, HttpServer } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { readFileSync } from "node:fs"
import { decode } from "../../src/thumbnails/jpeg.ts"
import { photographs } from "../../src/thumbnails/photographs.ts"
import * as server from "../../src/thumbnails/server.ts"
import { ImageId, maxUploadBytes, ThumbnailApi } from "../../src/thumbnails/ThumbnailApi.ts"
import { Thumbnailer } from "../../src/thumbnails/Thumbnailer.ts"

class Client extends Context.Service<Client, HttpApiClient.ForApi<typeof ThumbnailApi> & { readonly url: string }>()(
  "test/Client"
) {
  static readonly layer = Layer.effect(
    Client,
    Effect.gen(function* () {
      const url = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
      const client = yield* HttpApiClient.make(ThumbnailApi, {
        transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl(url))
      })
      return { ...client, url }
    })
  ).pipe(Layer.provide(NodeHttpClient.layerNodeHttp))
}

const service = <E>(compute: Layer.Layer<Compute.Compute, E>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const directory = yield* fileSystem.makeTempDirectoryScoped({ prefix: "giveway-test-" })
      return server.layer({ directory, host: "127.0.0.1", port: 0 })
    })
  ).pipe(
    Layer.provide(Thumbnailer.layerCompute),
    Layer.provideMerge(compute),
    Layer.provide([Supervision.layer({ logs: false }), NodeServices.layer])
  )

const upload = (client: Client["Service"], name: string, bytes: Uint8Array) =>
  client.images.upload({ params: { id: ImageId.make(name) }, payload: Stream.succeed(bytes) })

const coffee = photographs[1]!

const workers = NodeCompute.layer({ maxWorkers: 1 })

const suites = { "jobs inline": TestCompute.layer, "jobs on worker threads": workers }

for (const [name, compute] of Object.entries(suites)) {
  layer(Client.layer.pipe(Layer.provide(service(compute))), { excludeTestServices: true })(
    `the thumbnail service, ${name}`,
    (it) => {
      it.effect("makes thumbnails of all photographs, in their shape", () =>
        Effect.gen(function* () {
          const client = yield* Client
          for (const { id, path } of photographs) {
            const bytes = readFileSync(path)
            const stored = yield* upload(client, id, bytes)
            assert.strictEqual(stored.bytes, bytes.length)
            const thumbnail = yield* client.images.thumbnail({ params: { id }, query: { width: 200 } })
            const { height, width } = yield* decode(thumbnail)
            assert.strictEqual(width, 200)
            assert.strictEqual(height, Math.round((stored.height * 200) / stored.width))
          }
          const { thumbnails } = yield* client.stats()
          assert.strictEqual(thumbnails, photographs.length)
        })
      )

      it.effect("lists what is stored, replaces and removes it", () =>
        Effect.gen(function* () {
          const client = yield* Client
          const id = ImageId.make("zz-mine")
          yield* upload(client, id, readFileSync(photographs[5]!.path))
          const { bytes } = yield* upload(client, id, readFileSync(coffee.path))
          assert.deepInclude(yield* client.images.list(), { bytes, id })
          yield* client.images.remove({ params: { id } })
          assert.notInclude(
            (yield* client.images.list()).map((entry) => entry.id),
            id
          )
          const gone = yield* Effect.flip(client.images.remove({ params: { id } }))
          assert.strictEqual(gone._tag, "ImageNotFound")
        })
      )

      it.effect("answers an unknown name with a 404 that says what to do", () =>
        Effect.gen(function* () {
          const client = yield* Client
          const error = yield* Effect.flip(
            client.images.thumbnail({ params: { id: ImageId.make("nobody") }, query: { width: 100 } })
          )
          assert.strictEqual(error._tag, "ImageNotFound")
          assert.include(error.message, "PUT it to /images/nobody")
        })
      )

      it.effect("refuses what is no JPEG with a 422, at the upload if the header shows it", () =>
        Effect.gen(function* () {
          const client = yield* Client
          const error = yield* Effect.flip(upload(client, "text", new TextEncoder().encode("hello")))
          assert.strictEqual(error._tag, "NotAnImage")
          const found = yield* Effect.flip(
            client.images.thumbnail({ params: { id: ImageId.make("text") }, query: { width: 100 } })
          )
          assert.strictEqual(found._tag, "ImageNotFound")
        })
      )

      it.effect("refuses it at the thumbnail if only the pixels show it", () =>
        Effect.gen(function* () {
          const client = yield* Client
          yield* upload(client, "half", readFileSync(coffee.path).subarray(0, 5000))
          const error = yield* Effect.flip(
            client.images.thumbnail({ params: { id: ImageId.make("half") }, query: { width: 100 } })
          )
          assert.strictEqual(error._tag, "NotAnImage")
        })
      )

      it.effect("refuses an upload that is too large with a 413 and keeps nothing of it", () =>
        Effect.gen(function* () {
          const client = yield* Client
          const error = yield* Effect.flip(upload(client, "large", new Uint8Array(maxUploadBytes + 1)))
          assert.strictEqual(error._tag, "ImageTooLarge")
          assert.notInclude(
            (yield* client.images.list()).map((entry) => entry.id as string),
            "large"
          )
        })
      )

      for (const [path, field] of [
        ["/images/coffee/thumbnail?width=1.5", "width"],
        ["/images/coffee/thumbnail?width=99999", "width"],
        ["/images/coffee/thumbnail", "width"],
        ["/images/No%2F..%2Fwhere/thumbnail?width=100", "id"]
      ] as const) {
        it.effect(`names the field in the 400 for ${path}`, () =>
          Effect.gen(function* () {
            const { url } = yield* Client
            const response = yield* Effect.promise(() => fetch(url + path))
            const body = (yield* Effect.promise(() => response.json())) as {
              readonly errors: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly message: string }>
            }
            assert.strictEqual(response.status, 400)
            assert.strictEqual(body.errors[0]?.path.at(-1), field)
            assert.isAbove(body.errors[0]?.message.length ?? 0, 0)
          })
        )
      }

      it.effect("answers the light endpoints and describes itself", () =>
        Effect.gen(function* () {
          const client = yield* Client
          assert.strictEqual(yield* client.ping(), "pong")
          yield* client.health()
          const described = yield* Effect.promise(() => fetch(`${client.url}/openapi.json`).then((_) => _.json()))
          assert.containsAllKeys((described as { paths: object }).paths, ["/images/{id}/thumbnail", "/ping"])
        })
      )
    }
  )
}

layer(Client.layer.pipe(Layer.provideMerge(service(workers))), { excludeTestServices: true })(
  "a client that goes away",
  (it) => {
    it.effect("takes its job with it, running or queued, and leaves the service as it was", () =>
      Effect.gen(function* () {
        const client = yield* Client
        const { id, path } = photographs[4]!
        yield* upload(client, id, readFileSync(path))
        yield* client.images.thumbnail({ params: { id }, query: { width: 300 } })

        const leaving = new AbortController()
        const request = () =>
          fetch(`${client.url}/images/${id}/thumbnail?width=300`, { signal: leaving.signal }).catch(() => "gone")
        const requests = [request(), request(), request()]
        const { busy, queued } = yield* until(({ queued }) => queued === 2)
        assert.deepStrictEqual([busy, queued], [1, 2])
        leaving.abort()
        assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(requests)), ["gone", "gone", "gone"])

        const after = yield* until(({ cancelled }) => cancelled === 3)
        assert.deepStrictEqual([after.busy, after.queued, after.completed], [0, 0, 1])
        const thumbnail = yield* client.images.thumbnail({ params: { id }, query: { width: 100 } })
        assert.strictEqual((yield* decode(thumbnail)).width, 100)
      })
    )
  }
)

const small = NodeCompute.layer({ maxWorkers: 1, queue: { capacity: 1, overflow: "fail" } })

layer(Client.layer.pipe(Layer.provide(service(small))), { excludeTestServices: true })("a full queue", (it) => {
  it.effect("is a 503 that says so, for those who come too late only", () =>
    Effect.gen(function* () {
      const client = yield* Client
      const { id, path } = photographs[4]!
      yield* upload(client, id, readFileSync(path))
      const thumbnail = client.images.thumbnail({ params: { id }, query: { width: 300 } })
      yield* thumbnail
      const results = yield* Effect.all([thumbnail, thumbnail, thumbnail, thumbnail].map(Effect.result), {
        concurrency: "unbounded"
      })
      const errors = results.filter(Result.isFailure).map(({ failure }) => failure)
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        ["TooBusy", "TooBusy"]
      )
      assert.include(errors[0]?.message, "all workers are busy")
    })
  )
})

/** The pool's statistics as soon as they are as wanted, or as they are after three seconds. */
const until = Effect.fnUntraced(function* (wanted: (statistics: Compute.Statistics) => boolean) {
  for (let attempt = 0; ; attempt++) {
    const statistics = yield* Compute.statistics
    if (wanted(statistics) || attempt === 600) return statistics
    yield* Effect.sleep("5 millis")
  }
})
