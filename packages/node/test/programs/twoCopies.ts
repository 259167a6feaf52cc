/**
 * A program with a library that has its own copy of `@giveway/core`. Run by `twoCopies.test.ts` under the module hook, with the
 * URL of the library.
 */
import { Compute, Pure, TestCompute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import * as Effect from "effect/Effect"

// what the library exports
const library: any = await import(process.argv[2]!)

const program = Effect.gen(function* () {
  const stops: Record<string, unknown> = {}
  for (const name of ["loops", "asks", "steps"]) {
    const exit = yield* Effect.exit(Compute.run(library[name], undefined as never, { timeout: "300 millis" }))
    const { killed } = yield* Compute.statistics
    stops[name] = [killed, String(exit).includes("JobTimedOut")]
  }
  const spun = yield* library.spin(3e9).pipe(Effect.timeoutOption("100 millis")) as Effect.Effect<{ _tag: string }>
  const inline = Effect.exit(library.run(library.inline, 20) as Effect.Effect<number>)
  return {
    isOther: library.Pure !== Pure,
    stops,
    spin: spun._tag,
    isCompiled: [Pure.isCompiled(library.spin), library.Pure.isCompiled(library.spin)],
    // its code, and our service
    inline: String(yield* inline),
    tested: String(yield* Effect.provide(inline, TestCompute.layer)),
    refused: String(yield* Effect.exit(library.run(library.inline, () => 1) as Effect.Effect<number>))
  }
})

const layer = NodeCompute.layer({ maxWorkers: 1, grace: "20 seconds", priority: false })
console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, layer))))
