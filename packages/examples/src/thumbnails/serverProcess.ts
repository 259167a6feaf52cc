/**
 * The service as a process of its own, for `npm start` to measure. Arguments: the variant and the folder for images.
 * Prints one line of JSON, its port, once it listens; leaves on SIGTERM, and when its standard input ends, so that it
 * cannot outlive whoever started it, however that one ends.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { layer } from "./variants.ts"
import type { Variant } from "./variants.ts"

const [variant, directory] = process.argv.slice(2) as [Variant, string]

const announce = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  if ("port" in address) yield* Console.log(JSON.stringify({ port: address.port }))
})

const parentGone = Effect.callback<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void)).resume()
})

Effect.raceFirst(
  parentGone,
  Layer.effectDiscard(announce).pipe(
    Layer.provide(layer(variant, { directory, host: "127.0.0.1", logs: false, port: 0 })),
    Layer.launch
  )
).pipe(NodeRuntime.runMain)
