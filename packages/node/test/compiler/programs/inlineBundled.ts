/** Inline work of a main module that is bundled. Prints its results. */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Schema } from "effect"
import { threadId } from "node:worker_threads"
import { triangle } from "./numbers.ts"

// a worker that evaluated this module would say so
process.stdout.write(`evaluated on ${threadId}\n`)

class TooLong extends Schema.TaggedError<TooLong>()("TooLong", { limit: Schema.Number }) {}

const squares = Array.from({ length: 10 }, (_, n) => n * n)

let counter = 0

const program = Effect.gen(function* () {
  counter++
  const scale = 2
  const threads = yield* Effect.all([Compute.fn(() => threadId)(), Compute.effect(Effect.sync(() => threadId))])
  const results = [
    yield* Compute.fn((n: number) => n * scale)(7),
    yield* Compute.effect(Effect.sync(() => triangle(5) * scale + 10)),
    yield* Compute.fn(() => squares.reduce((sum, n) => sum + n, 0))()
  ]
  const error = yield* Effect.flip(Compute.effect(Effect.fail(new TooLong({ limit: scale })), { error: TooLong }))
  const stopped = yield* Compute.fn((n: number) => {
    for (;;) n++
  })(1).pipe(Effect.timeoutOption("200 millis"))
  const refused = yield* Effect.flip(Compute.fn(() => counter)())
  return {
    onWorkers: threads.every((thread) => thread !== threadId),
    results,
    failed: [error._tag, error instanceof TooLong],
    stopped: stopped._tag,
    refused: refused.message
  }
})

console.log(JSON.stringify(await Effect.runPromise(program.pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1 }))))))
