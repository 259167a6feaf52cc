/**
 * An hour of the service with faults, in virtual time: network, disk and workers fail, and the service goes on.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task } from "@giveway/core"
import { Simulation, TestCompute, TestScheduler, TestSupervision } from "@giveway/core/testing"
import { Duration, Effect, Exit, Layer, Schedule, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { encode } from "../../src/thumbnails/jpeg.ts"
import * as server from "../../src/thumbnails/server.ts"
import { ImageId, ThumbnailApi, TooBusy } from "../../src/thumbnails/ThumbnailApi.ts"
import { Thumbnailer } from "../../src/thumbnails/Thumbnailer.ts"

/** Small, so that the processor time goes into the service and not into the pixels. */
const image = encode({ width: 32, height: 24, data: new Uint8Array(32 * 24 * 3).fill(120) }, 80)

/** The pixels of a job cost 20 ms of processor time and no schedule depends on them: here a job gives its image back. */
const copy = Task.make(
  import.meta.url,
  "copy",
  { payload: Schema.Uint8Array, success: Schema.Uint8Array },
  (bytes) => bytes
)

const thumbnailer = Layer.effect(
  Thumbnailer,
  Effect.map(Effect.context<Compute.Compute>(), (context) => ({
    thumbnail: ({ image }) =>
      Compute.run(copy, image).pipe(
        Effect.catchTag("ComputeOverloaded", ({ message }) => Effect.fail(new TooBusy({ message }))),
        Effect.catchIf((error) => error._tag !== "TooBusy", Effect.die),
        Effect.provideContext(context)
      )
  }))
)

const platform = (seed: number) =>
  Simulation.layer({
    seed,
    network: { delay: ["1 milli", "80 millis"], loss: 0.02, partitions: [["20 minutes", "22 minutes"]] },
    disk: { delay: ["1 milli", "10 millis"], failures: 0.01 }
  })

const compute = (seed: number) =>
  TestCompute.layerFaulty(
    {
      seed,
      faults: [
        { kind: "crash", chance: 0.02 },
        { kind: "outOfMemory", chance: 0.01 },
        { kind: "zombie", chance: 0.01, lasts: "20 seconds" },
        { kind: "slowStart", chance: 0.2, lasts: "5 seconds" }
      ]
    },
    { workers: 2, cost: () => "3 seconds", queue: { capacity: 4, overflow: "fail" } }
  )

/** Clients ask for thumbnails for `minutes`, each every 10 seconds, and give up a request after 15. */
const clients = (minutes: number) =>
  Effect.gen(function* () {
    const client = yield* HttpApiClient.make(ThumbnailApi, {
      transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl("http://thumbnails"))
    })
    const id = ImageId.make("photo")
    yield* client.images
      .upload({ params: { id }, payload: Stream.succeed(image) })
      .pipe(Effect.retry(Schedule.spaced("1 second")))
    const counts = { made: 0, failed: 0, late: 0 }
    const ask = client.images.thumbnail({ params: { id }, query: { width: 16 } }).pipe(
      Effect.timeoutOption("15 seconds"),
      Effect.match({
        onSuccess: (made) => void counts[made._tag === "Some" ? "made" : "late"]++,
        onFailure: () => void counts.failed++
      }),
      Effect.andThen(Effect.sleep("10 seconds")),
      Effect.repeat({ until: () => false }),
      Effect.timeoutOption(Duration.minutes(minutes))
    )
    yield* Effect.all([ask, ask, ask], { concurrency: "unbounded", discard: true })
    return counts
  })

const simulated = (seed: number, minutes: number, strategy: "fifo" | "plain" = "fifo") =>
  TestScheduler.run(
    clients(minutes).pipe(
      Effect.provide(server.service("/images")),
      // the disk may fail at the start: then the service is started again
      Effect.retry(Schedule.spaced("1 second")),
      Effect.provide([thumbnailer.pipe(Layer.provide(compute(seed))), TestSupervision.layer(), platform(seed)])
    ),
    { seed, strategy, steps: 10_000_000 }
  )

const countsOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}

/** The long form has an hour, and takes minutes: `GIVEWAY_LONG=1`. */
const isLong = process.env["GIVEWAY_LONG"] === "1"
const minutes = isLong ? 60 : 6

/** For each of 100 seeds. Half a minute has some 20 requests, and a fault or two. */
const minutesOfSeed = isLong ? 2 : 0.5
const seeds = Array.from({ length: 100 }, (_, n) => n + 2)

describe("the thumbnail service, simulated", () => {
  // 6 minutes are some 15,000 operations, each run several times
  it.effect(
    "has faults and thumbnails, and the same trace for the same seed",
    () =>
      Effect.gen(function* () {
        const first = yield* simulated(1, minutes)
        const { failed, made } = countsOf(first.exit)
        assert.isAtLeast(Duration.toMinutes(first.elapsed), minutes)
        assert.isAbove(made, minutes * 8)
        assert.isAbove(failed, 0)
        assert.strictEqual((yield* simulated(1, minutes)).trace, first.trace)
      }),
    isLong ? 120_000 : undefined
  )

  it.effect(
    "goes on under 100 other seeds",
    () =>
      Effect.gen(function* () {
        for (const seed of seeds) {
          const { made } = countsOf((yield* simulated(seed, minutesOfSeed, "plain")).exit)
          assert.isAtLeast(made, 2 * minutesOfSeed, `seed ${seed}`)
        }
      }),
    isLong ? 300_000 : undefined
  )
})
