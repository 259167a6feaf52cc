/**
 * A whole service in one process, from one seed: its HTTP handlers and its clients with a network between them, its disk, its workers, and
 * hours of time in seconds.
 *
 * Production provides a service by layers, and so does a simulation: {@link layer} stands for the HTTP server, the HTTP client, the file system and the
 * paths; `TestCompute.layerFaulty` stands for the pool. The program is the same. Run both by `TestScheduler.run`, with the layers inside of
 * the program.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Etag from "effect/http/Etag"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpPlatform from "effect/http/HttpPlatform"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { InvalidOption } from "../InvalidOption.ts"
import { randomFrom } from "../internal/interleavings/machine/strategy.ts"
import * as options from "../internal/options/options.ts"
import * as disk from "../internal/simulation/disk.ts"
import * as network from "../internal/simulation/network.ts"
import { readChance, readDelay, readSpan } from "../internal/simulation/span.ts"

/**
 * Options of {@link layer}. Without any, network and disk take no time and have no faults.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Draws delays and faults, a whole number below 2³². Default 1. */
  readonly seed?: number | undefined
  /** The network between the clients and the handlers of the program. */
  readonly network?:
    | {
        /** Of each way: one duration, or two between which is drawn. */
        readonly delay?: Duration.Input | readonly [Duration.Input, Duration.Input] | undefined
        /** The chance, from 0 to 1, that a request or an answer is lost: a `TransportError`. */
        readonly loss?: number | undefined
        /** Times, from when the layer is built, in which nothing arrives: `[["10 minutes", "12 minutes"]]`. */
        readonly partitions?: ReadonlyArray<readonly [Duration.Input, Duration.Input]> | undefined
      }
    | undefined
  /** The disk, which is empty at first. */
  readonly disk?:
    | {
        /** Of each operation: one duration, or two between which is drawn. */
        readonly delay?: Duration.Input | readonly [Duration.Input, Duration.Input] | undefined
        /** The chance, from 0 to 1, that an operation fails, and has no effect. */
        readonly failures?: number | undefined
      }
    | undefined
}

const none = { from: 0, to: 0 }

const readOptions = options.fields({
  seed: options.or(options.wholeNumber(0, 2 ** 32 - 1), 1),
  network: options.fields({
    delay: options.or(readDelay, none),
    loss: options.or(readChance, 0),
    partitions: options.or(options.array("an array of pairs of durations", readSpan), [])
  } satisfies options.Readers<NonNullable<Options["network"]>>),
  disk: options.fields({
    delay: options.or(readDelay, none),
    failures: options.or(readChance, 0)
  } satisfies options.Readers<NonNullable<Options["disk"]>>)
} satisfies options.Readers<Options>)

/** So that the disk and the network do not draw the same numbers. */
const diskStream = 0x9e3779b9

/**
 * An HTTP server, the HTTP client that reaches it, a file system and paths, all in memory.
 *
 * **When to use**: in place of the platform's layers, in a test of a whole service under `TestScheduler.run`. The client reaches the one server of
 * the program, whatever the host of its URLs is. The disk has whole files and folders; other methods of `FileSystem` die and say so.
 *
 * **Example**
 *
 * ```ts
 * import { Simulation, TestScheduler } from "@giveway/core/testing"
 * import { Duration, Effect, Layer, Schedule } from "effect"
 * import { HttpClient, HttpRouter, HttpServerResponse } from "effect/http"
 *
 * const service = HttpRouter.serve(HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")), { disableLogger: true })
 *
 * const program = HttpClient.get("http://service/hello").pipe(
 *   Effect.flatMap((response) => response.text),
 *   Effect.retry(Schedule.spaced("1 minute")),
 *   Effect.provide(
 *     Layer.provideMerge(service, Simulation.layer({ network: { delay: "1 second", partitions: [[0, "3 minutes"]] } }))
 *   )
 * )
 * const { elapsed } = await Effect.runPromise(TestScheduler.run(program, { strategy: "plain" }))
 * console.log(Duration.toSeconds(elapsed)) // 185
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options_?: Options
): Layer.Layer<
  | HttpServer.HttpServer
  | HttpClient.HttpClient
  | FileSystem.FileSystem
  | Path.Path
  | HttpPlatform.HttpPlatform
  | Etag.Generator,
  InvalidOption
> =>
  Layer.mergeAll(HttpPlatform.layer, Path.layer, Etag.layerWeak).pipe(
    Layer.provideMerge(
      Layer.effectContext(
        Effect.gen(function* () {
          const settings = yield* Effect.fromResult(options.read(readOptions, "Simulation.layer", options_))
          const startedAt = yield* Clock.currentTimeMillis
          const { client, server } = network.make(settings.network, randomFrom(settings.seed), startedAt)
          return Context.make(HttpServer.HttpServer, server).pipe(
            Context.add(HttpClient.HttpClient, client),
            Context.add(FileSystem.FileSystem, disk.make(settings.disk, randomFrom(settings.seed ^ diskStream)))
          )
        })
      )
    )
  )
