/**
 * Runs the tasks of `tasks.ts` and prints what came of each, as JSON: the same on each kind of worker.
 */
import * as Compute from "@giveway/core/Compute"
import * as NodeCompute from "@giveway/node/NodeCompute"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as tasks from "./tasks.ts"

const lines: Array<string> = []
const logger = Logger.make(({ fiber, message }) => {
  const { where } = Context.get(fiber.context, References.CurrentLogAnnotations)
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  lines.push(`${String(message)} (${String(where)}, ${span?._tag === "Span" ? span.name : "no span"})`)
})

const failureOf = <A, E>(effect: Effect.Effect<A, E, Compute.Compute>) =>
  Effect.match(effect, { onFailure: (error) => error, onSuccess: () => undefined })

const program = Effect.gen(function* () {
  const tomorrow = (yield* Compute.run(tasks.tomorrow, new Date(0))).toISOString()
  const refused = yield* failureOf(Compute.run(tasks.tomorrow, "no date" as never))
  yield* Compute.run(tasks.logs, "hello").pipe(Effect.withSpan("outer"))
  const counted = yield* Stream.runCollect(Compute.stream(tasks.counts, 5))
  const small = yield* failureOf(Compute.run(tasks.fails, 1))
  const taxed = yield* Compute.run(tasks.taxed, 100)
  const inline = yield* Compute.fn((n: number) => n * 2)(21)
  const broken = Cause.squash(yield* Effect.flip(Effect.sandbox(Compute.run(tasks.throwing, undefined)))) as Error
  const waiting = yield* Effect.forkChild(Compute.run(tasks.waits, undefined))
  while ((yield* Compute.statistics).busy === 0) yield* Effect.sleep("5 millis")
  yield* Effect.sleep("50 millis")
  yield* Fiber.interrupt(waiting)
  const looping = yield* Effect.forkChild(Compute.run(tasks.loops, 1e12))
  while ((yield* Compute.statistics).busy === 0) yield* Effect.sleep("5 millis")
  yield* Effect.sleep("50 millis")
  yield* Fiber.interrupt(looping)
  return {
    tomorrow,
    refused: (refused as { readonly _tag?: string })._tag,
    counted: Array.from(counted),
    small: small instanceof tasks.TooSmall ? small.least : String(small),
    taxed,
    inline,
    broken: /at breaks \(.*?(tasks\.ts:\d+):/.exec(String(broken.stack) + String((broken.cause as Error)?.stack))?.[1],
    // by yield points, or else its worker would have been killed
    killed: (yield* Compute.statistics).killed,
    // on a machine without a free core Giveway says so, too
    lines: lines.filter((line) => /^(hello|finalized) /.test(line))
  }
})

const pool = NodeCompute.layer({ maxWorkers: 1, standby: false, grace: "20 seconds" })
console.log(
  JSON.stringify(await Effect.runPromise(program.pipe(Effect.provide(pool), Effect.provide(Logger.layer([logger])))))
)
