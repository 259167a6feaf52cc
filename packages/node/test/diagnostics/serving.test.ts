import { assert, it } from "@effect/vitest"
import { Effect, Logger, Stream } from "effect"
import * as serving from "../../src/diagnostics/serving.ts"

/** An option that no thread can have, so `new Worker` throws, as it does at the limit of threads. */
const withoutThreads = Effect.acquireRelease(
  Effect.sync(() => process.execArgv.push("--allow-nothing-known")),
  () => Effect.sync(() => process.execArgv.pop())
)

it.live("a thread that cannot be made is a warning, and the program goes on", () =>
  Effect.gen(function* () {
    const before = process.getActiveResourcesInfo().length
    const logged: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => void logged.push(String(message)))
    const program = Effect.scoped(
      Effect.gen(function* () {
        yield* withoutThreads
        const { connect, label, start } = yield* serving.make({
          socket: false,
          port: { port: 0, host: "127.0.0.1" },
          token: undefined,
          signal: true
        })
        const memory = () => new SharedArrayBuffer(4096)
        yield* start({
          buffer: memory(),
          accounts: memory(),
          thresholdMs: 50,
          stalls: Stream.empty,
          labels: new Map(),
          begun: () => undefined
        })
        // nobody hears it
        label({ _tag: "Label", label: 1, name: "checkout" })
        assert.isUndefined(connect())
      })
    )
    yield* Effect.provide(program, Logger.layer([logger]))
    assert.lengthOf(logged, 1)
    assert.match(
      logged[0]!,
      /the diagnostics thread did not start.*The program goes on without it.*--allow-nothing-known/
    )
    // ports close a moment later
    for (let i = 0; i < 50 && process.getActiveResourcesInfo().length > before; i++) yield* Effect.sleep("20 millis")
    assert.isAtMost(process.getActiveResourcesInfo().length, before)
  })
)
