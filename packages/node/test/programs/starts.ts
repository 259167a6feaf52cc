/**
 * A short program under `Giveway.runMain` with everything on, run many times by `Giveway.starts.test.ts`. Its arguments: how
 * it ends, and for how many ms it sleeps before. It says each step, so that a process that hangs shows where.
 */
import { Compute, Task } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect, Schema } from "effect"

export const double = Task.make(
  import.meta.url,
  "double",
  { payload: Schema.Number, success: Schema.Number },
  (n) => n * 2
)

const [, , how, ms] = process.argv

const says = (word: string) => Effect.sync(() => console.log(word))

const endings = {
  ends: Effect.void,
  fails: Effect.fail(new Error("as it should")),
  job: Effect.flatMap(Compute.run(double, 21), (n) => says(`the answer is ${n}`)),
  // the process ends while its job runs
  exits: Effect.andThen(
    Effect.forkChild(Compute.run(double, 21), { startImmediately: true }),
    Effect.sync(() => process.exit(7))
  ),
  terminated: Effect.andThen(
    Effect.sync(() => process.kill(process.pid, "SIGTERM")),
    Effect.never
  )
}

// the workers import this module too, to find the task
if (import.meta.main) {
  console.log("loaded")
  Giveway.runMain(
    says("the program").pipe(
      Effect.andThen(Effect.sleep(Number(ms))),
      Effect.andThen(says("its end")),
      Effect.andThen(endings[how as keyof typeof endings] as Effect.Effect<void, Error, Compute.Compute>)
    ),
    {
      disableErrorReporting: true,
      compute: { maxWorkers: 1 },
      sysmon: { serve: { socket: true, signal: true, port: 0 } }
    }
  )
}
