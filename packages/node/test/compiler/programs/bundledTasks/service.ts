/** A program whose tasks are in modules of their own. Prints their results. It must begin once. */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Stream } from "effect"
import { threadId } from "node:worker_threads"
import { count } from "./deep/primes.ts"
import { squares, sum } from "./sums.ts"

// a worker that evaluated this module would say so
process.stdout.write(`evaluated on ${threadId}\n`)

const program = Effect.gen(function* () {
  const primes = yield* Compute.run(count, 1000)
  const sums = yield* Compute.run(sum, [1, 2, 3])
  const elements = yield* Compute.stream(squares, 4).pipe(Stream.runCollect)
  const stopped = yield* Compute.run(count, Infinity).pipe(Effect.timeoutOption("200 millis"))
  const doubled = yield* Compute.fn((n: number) => n * 2)(21)
  return { primes, sums, elements, stopped: stopped._tag, doubled }
})

void Effect.runPromise(program.pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1 })))).then((seen) =>
  console.log(JSON.stringify(seen))
)
