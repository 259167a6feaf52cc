/**
 * Fibers that nobody can ever resume are garbage, under supervision as without. Run with `--expose-gc`; prints how many
 * of 1000 are still listed.
 */
import { Supervision } from "@giveway/core"
import { Effect } from "effect"

declare const gc: () => void

const program = Effect.gen(function* () {
  const { fibers } = yield* Supervision.Supervision
  for (let count = 0; count < 1000; count++)
    Effect.runFork(Effect.callback(() => {}).pipe(Effect.withSpan("forgotten")))
  const listed = Effect.map(fibers, (all) => all.filter(({ name }) => name === "forgotten").length)
  const before = yield* listed
  yield* Effect.sleep("20 millis")
  gc()
  yield* Effect.sleep("20 millis")
  process.stdout.write(JSON.stringify({ before, after: yield* listed }))
})

await Effect.runPromise(program.pipe(Effect.provide(Supervision.layer({ logs: false }))))
