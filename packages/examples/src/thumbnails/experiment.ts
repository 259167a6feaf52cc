/**
 * The experiment: one variant of the service, alone in its process, first with light requests only, then saturated with
 * thumbnails as well. `npm start` runs it once for each variant, the benchmark several times in turn.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Deferred, Effect, FileSystem, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import type { LoadPlan, LoadResult } from "../load/LoadReport.ts"
import { runLoad } from "../load/runLoad.ts"
import { photographs } from "./photographs.ts"
import { ThumbnailApi } from "./ThumbnailApi.ts"
import type { Stalls } from "./ThumbnailApi.ts"
import { titles } from "./variants.ts"
import type { Variant } from "./variants.ts"

/** How hard and how long. Times in seconds. */
export interface Plan {
  /** light requests a second, on a fixed schedule; why no more: docs/decisions/0041-load-generator.md */
  readonly lightPerSecond: number
  /** connections that always want a thumbnail: twice the two cores this is meant for, so that no worker waits for work */
  readonly heavyConnections: number
  /** load that is not measured, before each window: code is compiled, workers are started */
  readonly warmup: number
  /** window with light requests only */
  readonly idle: number
  /** window at saturation */
  readonly saturated: number
}

/** What `npm start` does: the windows are long enough for a p99. */
export const defaultPlan: Plan = { heavyConnections: 4, idle: 5, lightPerSecond: 400, saturated: 10, warmup: 3 }

/** Pixels across. */
export const widths = [160, 320, 640]

/** Every photograph at every width, asked for in turn: the mix is the same in every run. */
const thumbnailPaths = widths.flatMap((_, shift) =>
  photographs.map(({ id }, index) => `/images/${id}/thumbnail?width=${widths[(index + shift) % widths.length]!}`)
)

/** Connections for light requests: enough for all that are due in a stall of a second and more. */
const lightConnections = 512

/** How long the generator waits for the last answers, s. */
const drain = 10

/** What one variant did. */
export interface Figures {
  readonly variant: Variant
  /** light requests only */
  readonly idle: LoadResult
  readonly saturated: LoadResult
  /** stalls that supervision saw at saturation, warm-up and drain included */
  readonly stalls: typeof Stalls.Type
}

/** The service could not be started, or died. */
export class ServiceFailed extends Schema.TaggedError<ServiceFailed>()("ServiceFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const program = fileURLToPath(new URL("./serverProcess.ts", import.meta.url))
const Announcement = Schema.fromJsonString(Schema.Struct({ port: Schema.Int }))

/** Starts the service in a process of its own and answers with its port. It ends with the scope. */
const startService = Effect.fn("startService")(function* (variant: Variant) {
  const fileSystem = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const directory = yield* fileSystem.makeTempDirectoryScoped({ directory: tmpdir(), prefix: "giveway-thumbnails-" })
  const handle = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [...process.execArgv, program, variant, directory], {
      forceKillAfter: "5 seconds",
      stderr: "inherit"
    })
  )
  // read to the end: a pipe that nobody empties would block the service once it is full
  const firstLine = yield* Deferred.make<string>()
  yield* handle.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Deferred.succeed(firstLine, line)),
    Effect.forkScoped
  )
  const ended = Effect.flatMap(handle.exitCode, (code) =>
    Effect.fail(
      new ServiceFailed({ message: `The service ended with code ${code} before it listened. Its error is above.` })
    )
  )
  const line = yield* Effect.raceFirst(Deferred.await(firstLine), ended)
  return (yield* Schema.decodeEffect(Announcement)(line)).port
})

const clientOf = (port: number) =>
  HttpApiClient.make(ThumbnailApi, {
    transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl(`http://127.0.0.1:${port}`))
  })

/** Runs one variant and measures it. `onProgress` gets a line of text twice a second. */
export const run = Effect.fn("experiment.run")(
  function* (variant: Variant, plan: Plan, onProgress: (text: string) => Effect.Effect<void>) {
    const fileSystem = yield* FileSystem.FileSystem
    yield* onProgress(`${titles[variant]}: starting the service`)
    const port = yield* startService(variant)
    const client = yield* clientOf(port)
    for (const { id, path } of photographs) {
      const payload = Stream.succeed(yield* fileSystem.readFile(path))
      yield* client.images.upload({ params: { id }, payload })
    }

    const load = (label: string, seconds: number, heavyConnections: number) => {
      const loadPlan: LoadPlan = {
        drainMs: drain * 1000,
        heavyConnections,
        heavyPaths: thumbnailPaths,
        heavyPerSecond: 0,
        host: "127.0.0.1",
        lightConnections,
        lightPath: "/ping",
        lightPerSecond: plan.lightPerSecond,
        measureMs: seconds * 1000,
        port,
        statsPath: "/stats",
        warmupMs: plan.warmup * 1000
      }
      return runLoad(loadPlan, ({ heavyDone, leftMs, lightWaiting, phase }) =>
        onProgress(
          `${titles[variant]}, ${label}: ${phase}, ${Math.ceil(leftMs / 1000)} s left` +
            (phase === "warm-up" ? "" : `, ${lightWaiting} light requests waiting`) +
            (heavyConnections === 0 || phase === "warm-up" ? "" : `, ${heavyDone} thumbnails`)
        )
      )
    }
    const idle = yield* load("light requests only", plan.idle, 0)
    const before = yield* client.stats()
    const saturated = yield* load("saturated", plan.saturated, plan.heavyConnections)
    const { stalls } = yield* client.stats()
    return { idle, saturated, stalls: { ...stalls, seen: stalls.seen - before.stalls.seen }, variant } satisfies Figures
  },
  Effect.scoped,
  Effect.provide(NodeHttpClient.layerNodeHttp),
  Effect.catchIf(
    (error) => error._tag !== "LoadFailed" && error._tag !== "ServiceFailed",
    (cause) => Effect.fail(new ServiceFailed({ cause, message: `The service did not work: ${cause.message}` }))
  )
)
