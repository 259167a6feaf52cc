/**
 * A service that can be asked from outside, for the tests of the diagnostics and of the tools. Its loop turns until a line
 * comes on standard input; then a fiber holds it in the way that the line names, `loop` for ever or `native` for a while. With `worker` a job
 * holds its worker, with `many` there are 100,000 fibers.
 *
 * `node served.ts OPTIONS`: the options of `NodeDiagnostics` as JSON.
 */
import { execSync } from "node:child_process"
import { Compute, Task } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Effect, Metric, Schema } from "effect"

export const resize = Task.make(import.meta.url, "resize", { payload: Schema.Number, success: Schema.Void }, (ms) =>
  Effect.sleep(ms)
)

export const crunch = Task.make(import.meta.url, "crunch", { payload: Schema.Number, success: Schema.Void }, (ms) =>
  Effect.sync(() => {
    for (const end = performance.now() + ms; performance.now() < end;);
  })
)

const holdForEver = (): void => {
  for (;;);
}

const holds: Readonly<Record<string, () => void>> = {
  loop: holdForEver,
  native: () => void execSync("sleep 3")
}

const orders = Metric.counter("orders", { description: "Orders that came in" })

const customers = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.sleep("10 millis").pipe(Effect.andThen(Metric.update(orders, 1)), Effect.forever),
  { concurrency: "unbounded", discard: true }
).pipe(Effect.withSpan("customers"))

/** Work in short slices, in fibers that fibers fork. */
const price = (ms: number) =>
  Effect.sync(() => {
    for (const end = performance.now() + ms; performance.now() < end;);
  }).pipe(Effect.withSpan(ms > 1 ? "price with discount" : "price"))

const catalogue = Effect.forEach([0.5, 1, 2, 0.5, 2], price, { concurrency: "unbounded", discard: true }).pipe(
  Effect.andThen(Effect.sleep("60 millis")),
  Effect.forever,
  Effect.withSpan("catalogue")
)

const order = Effect.callback<string>((resume) => {
  process.stdin.once("data", (data) => resume(Effect.succeed(String(data).trim())))
})

/** A job that has no yield points and holds its worker. */
const crunching = Compute.run(crunch, 60_000).pipe(Effect.withSpan("nightly"), Effect.forkDetach)

/** As many fibers as a dump may have, that wait for ever. */
const many = Effect.forEach(
  Array.from({ length: 100_000 }),
  () => Effect.never.pipe(Effect.withSpan("subscriber"), Effect.forkChild),
  { discard: true }
)

const service = Effect.gen(function* () {
  yield* Effect.forkChild(customers)
  yield* Effect.forkChild(catalogue)
  for (const ms of [200, 350]) {
    yield* Effect.forkChild(Effect.forever(Compute.run(resize, ms)).pipe(Effect.withSpan("thumbnails")))
  }
  yield* Effect.forkChild(
    Effect.flatMap(order, (how) =>
      how === "worker"
        ? crunching
        : how === "many"
          ? many
          : Effect.sync(() => holds[how]!()).pipe(Effect.withSpan("checkout"))
    ).pipe(Effect.forever)
  )
  yield* Effect.sleep("300 millis")
  yield* Console.log("ready")
  yield* Effect.never
})

if (import.meta.main) {
  Giveway.runMain(service, {
    compute: { maxWorkers: 2 },
    sysmon: { serve: JSON.parse(process.argv[2] ?? "{}") }
  })
}
