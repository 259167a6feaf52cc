/**
 * The caller's end of a job's spans, with a tracer of the program that throws.
 */
import type { Exit } from "effect"
import { Context, Effect, Tracer } from "effect"
import { assert, it } from "vitest"
import { receiver } from "../../../src/internal/job/telemetry.ts"

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
