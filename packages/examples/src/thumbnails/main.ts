/**
 * `npm start`: the thumbnail service under load, async only and with Giveway, in one table. With `--serve` it keeps the
 * service up instead.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, FileSystem, Layer, Option, Runtime, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { HttpServer } from "effect/http"
import { defaultPlan, run } from "./experiment.ts"
import { photographs } from "./photographs.ts"
import * as Progress from "../load/progress.ts"
import { problems, starvation, table, verdict } from "./report.ts"
import { cannotListen } from "./server.ts"
import * as variants from "./variants.ts"

const flags = {
  serve: Flag.Boolean("serve").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Keep the service up instead of measuring it; Ctrl-C ends it")
  ),
  port: Flag.Int("port").pipe(
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })))),
    Flag.withDefault(8080),
    Flag.withDescription("With --serve: the port to listen on, 0 for any free one")
  ),
  host: Flag.String("host").pipe(
    Flag.withDefault("127.0.0.1"),
    Flag.withDescription("With --serve: the address to listen on")
  ),
  directory: Flag.String("directory").pipe(
    Flag.optional,
    Flag.withDescription("With --serve: the folder to keep images in; a temporary one if not given")
  ),
  asyncOnly: Flag.Boolean("async-only").pipe(
    Flag.withDefault(false),
    Flag.withDescription("With --serve: compute thumbnails on the event loop, without Giveway")
  ),
  seconds: Flag.Int("seconds").pipe(
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 600 })))),
    Flag.withDefault(defaultPlan.saturated),
    Flag.withDescription("Without --serve: how long each variant is measured at saturation")
  )
}

const compare = Effect.fn("compare")(function* (seconds: number) {
  const progress = Progress.make(process.stderr)
  const plan = {
    ...defaultPlan,
    idle: Math.min(defaultPlan.idle, seconds),
    saturated: seconds,
    warmup: Math.min(defaultPlan.warmup, seconds)
  }
  yield* Console.log(
    `A thumbnail service, twice under the same load: ${plan.lightPerSecond} light requests a second on a fixed ` +
      `schedule, and ${plan.heavyConnections} connections that always want a thumbnail.\n`
  )
  const [before, after] = yield* Effect.all([
    run("async-only", plan, progress.show),
    run("giveway", plan, progress.show)
  ]).pipe(Effect.ensuring(progress.done))
  yield* Console.log(`${table([before, after])}\n`)
  for (const problem of [...problems(before), ...problems(after)]) yield* Console.log(problem)
  yield* Console.log(`${verdict(before, after)}\n\n${starvation(before)}`)
})

const greeting = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const url = HttpServer.formatAddress(address)
  const { id, path } = photographs[2]!
  yield* Console.log(`The service is up at ${url} (Ctrl-C ends it).

  images       ${url}/images
  statistics   ${url}/stats
  OpenAPI      ${url}/openapi.json

  curl -T ${path} -H 'content-type: image/jpeg' ${url}/images/${id}
  curl '${url}/images/${id}/thumbnail?width=320' -o ${id}-320.jpg
  curl ${url}/ping
`)
})

const serve = Effect.fn("serve")(function* (
  variant: variants.Variant,
  options: {
    readonly host: string
    readonly port: number
    readonly directory: Option.Option<string>
  }
) {
  const fileSystem = yield* FileSystem.FileSystem
  const directory = yield* Option.match(options.directory, {
    onNone: () => fileSystem.makeTempDirectoryScoped({ prefix: "giveway-thumbnails-" }),
    onSome: Effect.succeed
  })
  const serverOptions = { directory, host: options.host, logs: true, port: options.port }
  return yield* Layer.effectDiscard(greeting).pipe(
    Layer.provide(variants.layer(variant, serverOptions)),
    Layer.launch,
    Effect.catchTag("ServeError", ({ cause }) => Effect.fail(cannotListen(serverOptions, cause)))
  )
}, Effect.scoped)

const fail = (message: string) =>
  Effect.andThen(
    Console.error(message),
    Effect.sync(() => void (process.exitCode = 1))
  )

const command = Command.make(
  "npm start --",
  flags,
  Effect.fnUntraced(function* ({ asyncOnly, serve: stayUp, seconds, ...options }) {
    if (stayUp) yield* serve(asyncOnly ? "async-only" : "giveway", options)
    else yield* compare(seconds)
  })
).pipe(Command.withDescription("A thumbnail service that waits on fibers and works on threads"))

/** Ctrl-C is how a service that is kept up is meant to end, so there it is no failure. */
const serveTeardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.catchTags({
    CannotListen: ({ message }) => fail(message),
    LoadFailed: ({ message }) => fail(message),
    PlatformError: ({ message }) => fail(message),
    ServiceFailed: ({ message }) => fail(message)
  }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    teardown: process.argv.includes("--serve") ? serveTeardown : Runtime.defaultTeardown
  })
)
