/**
 * The caller's end of a job's spans, with a tracer of the program that throws; and causes without end.
 */
import type { Exit } from "effect"
import { Cause, Context, Effect, Tracer } from "effect"
import { assert, it } from "vitest"
import type { Signal } from "../../../src/internal/job/telemetry.ts"
import { receiver, relay } from "../../../src/internal/job/telemetry.ts"

it("ends each span that a job left open, also if the tracer of the program throws at one", () => {
  const ended: Array<string> = []
  class Thrower extends Tracer.NativeSpan {
    override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
      ended.push(this.name)
      super.end(endTime, exit)
      if (this.name === "first") throw new Error("the tracer")
    }
  }
  const fiber = Effect.runFork(Effect.never)
  const context = Context.add(
    fiber.context,
    Tracer.Tracer,
    Tracer.make({ span: (options) => new Thrower(options) })
  ) as Context.Context<never>
  const { close, receive } = receiver(fiber, { cache: fiber.cache, context })
  for (const [index, name] of ["first", "second"].entries()) {
    receive({
      _tag: "SpanStart",
      span: index + 1,
      parent: undefined,
      name,
      kind: "internal",
      startTime: 0n,
      sampled: true,
      root: true,
      links: []
    })
  }
  assert.throws(close, /the tracer/)
  assert.deepStrictEqual(ended, ["first", "second"])
  close()
  assert.lengthOf(ended, 2)
  fiber.interruptUnsafe()
})

it("sends the first thousand reasons of a cause, with one budget for all", () => {
  const signals: Array<Signal> = []
  const text = "x".repeat(100_000)
  const cause = Cause.fromReasons(
    Array.from({ length: 3000 }, (_, i) => Cause.makeFailReason(new Error(`number ${i}: ${text}`)))
  )
  Effect.runSync(
    Effect.log("all failed", cause).pipe(
      Effect.provideContext(relay((signal) => signals.push(signal) > 0, Context.empty() as Context.Context<never>))
    )
  )
  const [log] = signals
  assert.strictEqual(log?._tag, "Log")
  if (log?._tag !== "Log") return
  assert.strictEqual(log.cause.length, 1001)
  assert.isBelow(JSON.stringify(log.cause).length, 2 ** 23)
  assert.deepStrictEqual(log.cause.at(-1), { _tag: "Die", defect: { _tag: "Value", value: "… and 2000 reasons more" } })
})
