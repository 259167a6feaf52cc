/**
 * The thumbnail service with supervision off and on, under load by turns: what one window of load got done, and what CPU
 * time the service took for it.
 */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LoadPlan } from "../../src/load/LoadReport.ts"
import { runLoad } from "../../src/load/runLoad.ts"
import { photographs } from "../../src/thumbnails/photographs.ts"
import { ThumbnailApi } from "../../src/thumbnails/ThumbnailApi.ts"
import * as asked from "./asked.ts"

/** One window of load. */
export interface Window {
  /** thumbnails that were answered in it */
  readonly done: number
  /** CPU time of the service's process meanwhile, all its threads, µs */
  readonly cpuUs: number
}

export interface Service {
  readonly load: (ms: number) => Promise<Window>
  readonly end: () => Promise<void>
}

const upload = (port: number) =>
  Effect.gen(function* () {
    const client = yield* HttpApiClient.make(ThumbnailApi, {
      transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl(`http://127.0.0.1:${port}`))
    })
    for (const { id, path } of photographs) {
      const payload = Stream.succeed(new Uint8Array(yield* Effect.promise(() => readFile(path))))
      yield* client.images.upload({ params: { id }, payload })
    }
  }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp))

const planOf = (port: number, measureMs: number): LoadPlan => ({
  drainMs: 10_000,
  heavyConnections: 4,
  heavyPaths: photographs.map(({ id }) => `/images/${id}/thumbnail?width=160`),
  heavyPerSecond: 0,
  host: "127.0.0.1",
  lightConnections: 64,
  lightPath: "/ping",
  lightPerSecond: 200,
  measureMs,
  port,
  statsPath: "/stats",
  // the service has been under load for long: `start`; this is for the connections
  warmupMs: 100
})

/** Starts the service, and loads it for `warmupMs`. */
export const start = async (side: "off" | "on", warmupMs: number): Promise<Service> => {
  const directory = await mkdtemp(join(tmpdir(), "giveway-overhead-"))
  const child = asked.start("overheadService.ts", [side, directory])
  const end = async (): Promise<void> => {
    await child.end()
    await rm(directory, { recursive: true, force: true })
  }
  const cpuUs = async (): Promise<number> => ((await child.ask("cpu")) as { readonly cpuUs: number }).cpuUs
  try {
    const { port } = (await child.next()) as { readonly port: number }
    await Effect.runPromise(upload(port))
    const load = async (ms: number): Promise<Window> => {
      const before = await cpuUs()
      const { heavy } = await Effect.runPromise(
        runLoad(planOf(port, ms), () => Effect.void).pipe(Effect.provide(NodeServices.layer))
      )
      if (heavy.failed > 0) throw new Error(`${heavy.failed} thumbnails failed: ${heavy.firstError}`)
      return { done: heavy.done, cpuUs: (await cpuUs()) - before }
    }
    await load(warmupMs)
    return { load, end }
  } catch (error) {
    await end()
    throw error
  }
}
