/**
 * A service with a bug: some requests start a computation that never ends, on the thread that answers all others. Run
 * with `node --import @giveway/node/register`, it goes on answering, and what never ends is stopped by `Effect.timeout`,
 * a race or an interruption, as any effect is.
 *
 * `node server.ts [SLICE]`: SLICE is that of the computations, in ms. Prints its port as one line of JSON, leaves on
 * SIGTERM and when its standard input ends.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Pure } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Duration, Effect, Fiber, Layer, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import type { Log } from "./loops.ts"
import { loops } from "./loops.ts"

const slice = process.argv[2]
const log: Log = { closed: 0 }
/** finalizers of effects around the functions that ran */
let released = 0
let running = 0

const Params = Schema.Struct({ loop: Schema.Literals(Object.keys(loops) as Array<keyof typeof loops>) })
const Stopped = Schema.Struct({ how: Schema.Literals(["timeout", "race", "interrupt"]), ms: Schema.NumberFromString })

/** One of the functions, with a finalizer. */
const endless = (name: keyof typeof loops): Effect.Effect<unknown> => {
  const effect = name === "tidy" ? loops.tidy(log) : (loops[name] as () => Effect.Effect<unknown>)()
  const counted = Effect.ensuring(
    Effect.suspend(() => {
      running++
      return effect
    }),
    Effect.sync(() => {
      running--
      released++
    })
  )
  return slice === undefined ? counted : Pure.withSlice(counted, Number(slice))
}

/** The ways to stop it. */
const stopped = {
  timeout: (effect: Effect.Effect<unknown>, ms: number) =>
    Effect.as(Effect.timeoutOption(effect, ms), "stopped by a timeout"),
  race: (effect: Effect.Effect<unknown>, ms: number) =>
    Effect.race(effect, Effect.as(Effect.sleep(ms), "stopped by a race")),
  interrupt: Effect.fnUntraced(function* (effect: Effect.Effect<unknown>, ms: number) {
    const fiber = yield* Effect.forkChild(effect)
    yield* Effect.sleep(ms)
    yield* Fiber.interrupt(fiber)
    return "stopped by an interruption"
  })
}

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/ping", HttpServerResponse.text("pong")),
  HttpRouter.add(
    "GET",
    "/state",
    Effect.sync(() => {
      const { system, user } = process.cpuUsage()
      return HttpServerResponse.jsonUnsafe({ running, released, closed: log.closed, cpuMs: (system + user) / 1000 })
    })
  ),
  HttpRouter.add(
    "GET",
    "/endless/:loop/:how/:ms",
    Effect.gen(function* () {
      const { loop } = yield* HttpRouter.schemaPathParams(Params)
      const { how, ms } = yield* HttpRouter.schemaPathParams(Stopped)
      const [took, what] = yield* Effect.timed(stopped[how](endless(loop), ms))
      return HttpServerResponse.jsonUnsafe({ what, lateMs: Duration.toMillis(took) - ms })
    })
  )
)

const announce = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  if ("port" in address) yield* Console.log(JSON.stringify({ port: address.port }))
})

const parentGone = Effect.callback<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void)).resume()
})

const service = Layer.effectDiscard(announce).pipe(
  Layer.provideMerge(HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true })),
  Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 }))
)

Giveway.runMain(Effect.raceFirst(parentGone, Layer.launch(service)))
