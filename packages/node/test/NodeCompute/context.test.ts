/**
 * What holds for the caller holds inside the job, and what the job says comes back.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Context, Effect, Exit, Fiber, Logger, References, Stream, Tracer } from "effect"
import { pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

describe("the caller's context", () => {
  it.live("holds inside the job: its logs go to the caller's loggers", () =>
    Effect.gen(function* () {
      const lines: Array<Record<string, unknown>> = []
      const logger = Logger.make(({ fiber, logLevel, message }) => {
        const annotations = fiber.getRef(References.CurrentLogAnnotations)
        lines.push({ logLevel, message, annotations, spans: fiber.getRef(References.CurrentLogSpans).length })
      })
      yield* Compute.run(jobs.traced, undefined).pipe(
        Effect.annotateLogs({ request: "r1" }),
        Effect.withLogSpan("handling"),
        Effect.provide(Logger.layer([logger])),
        pool()
      )
      assert.strictEqual(lines.length, 2)
      assert.deepStrictEqual(lines[0], {
        logLevel: "Info",
        message: ["inside", { n: 1 }],
        annotations: { request: "r1", step: "resize" },
        spans: 1
      })
      const [text, error] = lines[1]!["message"] as [string, Error]
      assert.strictEqual(text, "failed")
      assert.instanceOf(error, RangeError)
    })
  )

  it.live("ends its own fiber if its loggers throw, and nothing else", () =>
    Effect.gen(function* () {
      const broken = Logger.make(() => {
        throw new Error("the logger is broken")
      })
      const exit = yield* Effect.exit(
        Compute.run(jobs.traced, undefined).pipe(Effect.provide(Logger.layer([broken])), Effect.timeout(5000))
      )
      const reason = Exit.isFailure(exit) ? exit.cause.reasons[0] : undefined
      assert.strictEqual(reason?._tag === "Die" && (reason.defect as Error).message, "the logger is broken")
      yield* worksOn
    }).pipe(pool())
  )

  it.live("is the parent of the job's spans, which go to the caller's tracer", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const buffer = shared()
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.traced, undefined)
        const killed = yield* Effect.forkChild(Compute.run(jobs.openSpan, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(killed)
      }).pipe(
        Effect.withSpan("caller"),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.CurrentLoggers, new Set()),
        pool({ grace: 20 })
      )
      const [caller, outer, inner, open] = spans
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["caller", "outer", "inner", "left open"]
      )
      assert.strictEqual(outer!.traceId, caller!.traceId)
      assert.strictEqual((outer!.parent as { readonly value?: unknown }).value, caller)
      assert.strictEqual((inner!.parent as { readonly value?: unknown }).value, outer)
      assert.strictEqual(outer!.attributes.get("cells"), 3)
      assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
      assert.isTrue(open!.status._tag === "Ended" && Exit.isFailure(open!.status.exit))
      assert.isTrue(Context.isContext(inner!.annotations))
    })
  )

  it.live("is the parent of the spans of each item of a collection, and of a job that emits", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* Effect.gen(function* () {
        yield* Compute.forEach([undefined, undefined], jobs.traced, { chunk: 2 })
        yield* Stream.runDrain(Compute.stream(jobs.tracedStream, undefined))
      }).pipe(
        Effect.withSpan("caller"),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.CurrentLoggers, new Set()),
        pool()
      )
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["caller", "outer", "inner", "outer", "inner", "element", "element"]
      )
      for (const span of spans.slice(1)) {
        assert.strictEqual(span.traceId, spans[0]!.traceId)
        const parent = (span.parent as { readonly value?: Tracer.NativeSpan }).value
        assert.strictEqual(parent?.name, span.name === "inner" ? "outer" : "caller")
        assert.strictEqual(span.status._tag, "Ended")
      }
    })
  )
})
