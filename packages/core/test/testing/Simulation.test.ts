/**
 * The simulated network and disk: what they do, how they fail, and which options they refuse.
 */
import { assert, describe, it } from "@effect/vitest"
import { Simulation, TestScheduler } from "@giveway/core/testing"
import { Duration, Effect, Exit, FileSystem, Layer } from "effect"
import { HttpClient, HttpRouter, HttpServerResponse } from "effect/http"

const hello = HttpRouter.serve(HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")), {
  disableLogger: true,
  disableListenLog: true
})

const get = Effect.flatMap(HttpClient.get("http://service/hello"), (response) => response.text)

type Simulated = Layer.Success<ReturnType<typeof Simulation.layer>>

const ran = <A, E>(program: Effect.Effect<A, E, Simulated>, options?: Simulation.Options) =>
  TestScheduler.run(Effect.provide(program, Layer.provideMerge(hello, Simulation.layer(options))), {
    strategy: "plain"
  })

describe("Simulation.layer", () => {
  it.effect("takes the delay of both ways", () =>
    Effect.gen(function* () {
      const { elapsed, exit } = yield* ran(get, { network: { delay: "1 second" } })
      assert.deepStrictEqual([exit, Duration.toSeconds(elapsed)], [Exit.succeed("hello"), 2])
    })
  )

  it.effect("loses requests with the error of production", () =>
    Effect.gen(function* () {
      const { exit } = yield* ran(Effect.flip(get), { network: { loss: 1 } })
      assert.include(String(Exit.isSuccess(exit) && exit.value), "lost the connection")
    })
  )

  it.effect("has files, and a disk that fails has none of the effect", () =>
    Effect.gen(function* () {
      const files = Effect.gen(function* () {
        const { exists, makeDirectory, readDirectory, readFileString, rename, writeFileString } =
          yield* FileSystem.FileSystem
        yield* makeDirectory("/a/b", { recursive: true })
        yield* writeFileString("/a/b/x", "text")
        yield* rename("/a/b/x", "/a/b/y")
        const missing = yield* Effect.flip(readFileString("/a/b/x"))
        return [yield* readDirectory("/a/b"), yield* readFileString("/a/b/y"), yield* exists("/c"), missing.reason._tag]
      })
      assert.deepStrictEqual((yield* ran(files)).exit, Exit.succeed([["y"], "text", false, "NotFound"]))
      const broken = Effect.flatMap(FileSystem.FileSystem, (disk) => Effect.flip(disk.makeDirectory("/a")))
      const { exit } = yield* ran(broken, { disk: { failures: 1 } })
      assert.include(String(Exit.isSuccess(exit) && exit.value), "the simulated disk failed")
    })
  )

  it.effect("names a method of the disk that it does not have, and options that it refuses", () =>
    Effect.gen(function* () {
      const open = yield* ran(Effect.scoped(Effect.flatMap(FileSystem.FileSystem, (disk) => disk.open("/a"))))
      assert.include(String(open.exit), "FileSystem.open")
      const refused = (options: unknown) =>
        Effect.map(Effect.flip(Effect.provide(get, Simulation.layer(options as Simulation.Options))), String)
      assert.include(yield* refused({ network: { loss: 2 } }), "network.loss is 2")
      assert.include(yield* refused({ network: { delay: ["2 seconds", "1 second"] } }), "network.delay")
      assert.include(yield* refused({ disc: {} }), "did you mean disk?")
    })
  )
})
