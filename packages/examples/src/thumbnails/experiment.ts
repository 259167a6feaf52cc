/**
 * The experiment: one variant of the service, alone in its process, first with light requests only, then saturated with
 * thumbnails as well. `npm start` runs it once for each variant, the benchmark several times in turn.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, FileSystem, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import type { LoadPlan, LoadResult } from "./load/LoadReport.ts"
import { runLoad } from "./load/runLoad.ts"
import { photographs } from "./photographs.ts"
import { ThumbnailApi } from "./ThumbnailApi.ts"
import type { ServiceStats } from "./ThumbnailApi.ts"
import { titles } from "./variants.ts"
import type { Variant } from "./variants.ts"

/** How hard and how long. Times in seconds. */
export interface Plan {
  /** light requests a second, on a fixed schedule */
  readonly lightPerSecond: number
  /** connections that always want a thumbnail: twice the cores of a small server, so that no worker ever waits */
  readonly heavyConnections: number
  /** load that is not measured, before each window: code is compiled, workers are started */
  readonly warmup: number
  /** window with light requests only */
  readonly idle: number
  /** window at saturation */
  readonly saturated: number
}

/** What `npm start` does: each window has enough light requests for a p99 of a hundred and more. */
export const defaultPlan: Plan = { heavyConnections: 4, idle: 4, lightPerSecond: 1000, saturated: 10, warmup: 3 }

/** Widths that are asked for in turn, pixels. */
const widths = [160, 320, 640]

/** How long the generator waits for the last answers, s. */
const drain = 10

/** What one variant did. */
export interface Figures {
  readonly variant: Variant
  /** light requests only */
  readonly idle: LoadResult
  readonly saturated: LoadResult
  /** what the service said of itself at the end */
  readonly stats: typeof ServiceStats.Type
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
  const lines = yield* handle.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runCollect)
  const [line] = lines
  if (line === undefined) {
    return yield* new ServiceFailed({ message: "The service ended before it listened. Its error is above." })
  }
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
        heavyPaths: photographs.map(
          ({ id }, index) => `/images/${id}/thumbnail?width=${widths[index % widths.length]!}`
        ),
        host: "127.0.0.1",
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
    const saturated = yield* load("saturated", plan.saturated, plan.heavyConnections)
    const stats = yield* client.stats()
    return { idle, saturated, stats, variant } satisfies Figures
  },
  Effect.scoped,
  Effect.provide(NodeHttpClient.layerNodeHttp),
  Effect.catchIf(
    (error) => error._tag !== "LoadFailed" && error._tag !== "ServiceFailed",
    (cause) => Effect.fail(new ServiceFailed({ cause, message: `The service did not work: ${cause.message}` }))
  )
)
