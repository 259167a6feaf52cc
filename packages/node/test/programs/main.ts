/**
 * A small program under `Giveway.runMain`, run by `Giveway.test.ts` as a process of its own. Its argument says how it
 * ends: `done`, `fails`, or `waits` for a signal while a job that never gives way runs; `unguarded` starts the program
 * on the workers as well, by mistake.
 */
import { isMainThread } from "node:worker_threads"
import { Compute, Task } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Effect, Schema } from "effect"

export const double = Task.make(
  import.meta.url,
  "double",
  { payload: Schema.Number, success: Schema.Number },
  (n) => n * 2
)

export const forever = Task.make(import.meta.url, "forever", { payload: Schema.Void, success: Schema.Void }, () => {
  for (;;);
})

const programs = {
  done: Effect.flatMap(Compute.run(double, 21), (n) => Console.log(`the answer is ${n}`)),
  unguarded: Effect.flatMap(Effect.flip(Compute.run(double, 21)), (error) => Console.log(error.message)),
  fails: Effect.andThen(Compute.run(double, 1), Effect.fail(new Error("nothing works"))),
  waits: Effect.gen(function* () {
    yield* Compute.run(double, 1)
    yield* Effect.forkScoped(Compute.run(forever, undefined))
    yield* Console.log("ready")
    yield* Effect.never
  }).pipe(
    Effect.scoped,
    Effect.ensuring(
      Effect.flatMap(Compute.statistics, ({ busy }) => Console.log(`finalized with ${busy} jobs running`))
    )
  )
}

/** A worker gets no arguments of its own, but the environment. */
const how = process.argv[2] ?? process.env["GIVEWAY_TEST_HOW"]

// the module is imported by the workers as well, to find the tasks
if (import.meta.main || (how === "unguarded" && !isMainThread)) {
  Giveway.runMain<void, unknown>(programs[how as keyof typeof programs], {
    compute: { maxWorkers: 1, grace: "50 millis" }
  })
}
