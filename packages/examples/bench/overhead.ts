/**
 * What supervision costs when nothing is wrong: the same programs with it and without, each in a process of its own, the
 * sides in turn.
 *
 * - `perSliceNs`: what a slice costs more, CPU time of the main thread: the dearest of fibers that are forked, that give
 *   way, and that sleep.
 * - `throughputRatio`: thumbnails a second of the service in `src/thumbnails`, with over without.
 * - `bytesPerFiber`: what each of 100,000 waiting fibers takes more, heap and array buffers together.
 * - `idleCpuPercent`: of one core, what an idle process takes more, its watching thread included.
 */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { execFile, spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { LoadPlan } from "../src/thumbnails/load/LoadReport.ts"
import { runLoad } from "../src/thumbnails/load/runLoad.ts"
import { photographs } from "../src/thumbnails/photographs.ts"
import { ThumbnailApi } from "../src/thumbnails/ThumbnailApi.ts"
import { median, round, table } from "./statistics.ts"

export const summary = "what supervision costs: per slice, per fiber, idle, and in a service's throughput"

export const hasQuick = true

const sides = ["off", "on"] as const
type Side = (typeof sides)[number]

const rounds = {
  full: { micro: 5, memory: 2, idle: 3, service: 5, serviceMs: 8000 },
  quick: { micro: 2, memory: 1, idle: 1, service: 1, serviceMs: 4000 }
}

const path = (name: string): string => fileURLToPath(new URL(`./measure/${name}.ts`, import.meta.url))

const measured = async (side: Side, part: string): Promise<Readonly<Record<string, number>>> => {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, path("overhead"), side, part])
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<string, number>
}

/** Both sides in turn, `count` times; the median of each figure. */
const both = async <A>(
  count: number,
  measure: (side: Side) => Promise<A>
): Promise<Readonly<Record<Side, ReadonlyArray<A>>>> => {
  const found: Record<Side, Array<A>> = { off: [], on: [] }
  for (let index = 0; index < count; index++) {
    for (const side of index % 2 === 0 ? sides : sides.toReversed()) found[side].push(await measure(side))
  }
  return found
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

/** Thumbnails a second. */
const throughput = async (side: Side, ms: number): Promise<number> => {
  const directory = await mkdtemp(join(tmpdir(), "giveway-overhead-"))
  const child = spawn(process.execPath, [...process.execArgv, path("overheadService"), side, directory], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the service ended with ${code} before it listened`)))
      child.stdout.once("data", (line) => resolve((JSON.parse(String(line)) as { readonly port: number }).port))
    })
    await Effect.runPromise(upload(port))
    const plan: LoadPlan = {
      drainMs: 10_000,
      heavyConnections: 4,
      heavyPaths: photographs.map(({ id }) => `/images/${id}/thumbnail?width=160`),
      host: "127.0.0.1",
      lightConnections: 64,
      lightPath: "/ping",
      lightPerSecond: 200,
      measureMs: ms,
      port,
      statsPath: "/stats",
      warmupMs: 2000
    }
    const { heavy } = await Effect.runPromise(runLoad(plan, () => Effect.void).pipe(Effect.provide(NodeServices.layer)))
    return (1000 * heavy.done) / ms
  } finally {
    child.stdin.end()
    await ended
    await rm(directory, { recursive: true, force: true })
  }
}

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const times = quick ? rounds.quick : rounds.full
  const micro = await both(times.micro, (side) => measured(side, "micro"))
  const memory = await both(times.memory, (side) => measured(side, "memory"))
  const idle = await both(times.idle, (side) => measured(side, "idle"))
  const service = await both(times.service, (side) => throughput(side, times.serviceMs))
  const of = (
    found: Readonly<Record<Side, ReadonlyArray<Readonly<Record<string, number>>>>>,
    side: Side,
    figure: string
  ) => median(found[side].map((one) => one[figure]!))
  const micros = ["fork", "yield", "sleep"].map((name) => {
    const [off, on] = [of(micro, "off", name), of(micro, "on", name)]
    return { name, off, on, more: on - off }
  })
  const bytes = { off: of(memory, "off", "bytes"), on: of(memory, "on", "bytes") }
  const percent = { off: of(idle, "off", "percent"), on: of(idle, "on", "percent") }
  const perSecond = { off: median(service.off), on: median(service.on) }
  log(
    table([
      ["", "without", "with"],
      ...micros.map(({ name, off, on }) => [`${name}, ns a slice`, round(off, 0), round(on, 0)]),
      ["bytes a waiting fiber", round(bytes.off, 0), round(bytes.on, 0)],
      ["idle, percent of a core", round(percent.off), round(percent.on)],
      ["thumbnails a second", round(perSecond.off, 1), round(perSecond.on, 1)]
    ])
  )
  return {
    bench: "overhead",
    throughputRatio: round(median(service.on.map((on, index) => on / service.off[index]!)), 3),
    perSliceNs: round(Math.max(...micros.map(({ more }) => more)), 0),
    bytesPerFiber: round(bytes.on - bytes.off, 0),
    idleCpuPercent: round(percent.on - percent.off)
  }
}
