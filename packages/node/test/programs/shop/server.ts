/**
 * A shop, for the pictures in the docs: customers, a search that gives way, thumbnails on workers. A line on standard input is a
 * checkout that holds the loop for so many milliseconds.
 *
 * `node server.ts OPTIONS`: the options of `NodeDiagnostics` as JSON.
 */
import { Compute, Task } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Effect, Schema } from "effect"
import { bestTotal } from "./discounts.ts"

export const thumbnail = Task.make(
  import.meta.url,
  "thumbnail",
  { payload: Schema.Number, success: Schema.Void },
  (ms) =>
    Effect.sync(() => {
      for (const end = performance.now() + ms; performance.now() < end;);
    })
)

const compute = (ms: number) =>
  Effect.sync(() => {
    for (const end = performance.now() + ms; performance.now() < end;);
  })

const customer = (name: string, ms: number) =>
  compute(0.2).pipe(Effect.andThen(Effect.sleep(ms)), Effect.forever, Effect.withSpan(name))

/** It has work at any moment, and gives way after each row. */
const search = compute(0.5).pipe(
  Effect.andThen(Effect.yieldNow),
  Effect.repeat({ times: 60 }),
  Effect.andThen(Effect.sleep("150 millis")),
  Effect.forever,
  Effect.withSpan("GET /search")
)

const thumbnails = Compute.run(thumbnail, 120).pipe(
  Effect.andThen(Effect.sleep("400 millis")),
  Effect.forever,
  Effect.withSpan("GET /photo")
)

const checkout = (ms: number) =>
  Effect.sync(() =>
    bestTotal(100, [0.1, 0.2, 0.05, 0.3, 0.15, 0.25, 0.12, 0.08, 0.02, 0.18, 0.22, 0.07], performance.now() + ms)
  ).pipe(Effect.withSpan("POST /checkout"))

const order = Effect.callback<number>((resume) => {
  process.stdin.once("data", (data) => resume(Effect.succeed(Number(String(data)))))
})

const shop = Effect.gen(function* () {
  for (let k = 0; k < 9; k++) yield* Effect.forkChild(customer("GET /product", 20 + k))
  for (let k = 0; k < 4; k++) yield* Effect.forkChild(customer("GET /cart", 35 + k))
  for (let k = 0; k < 2; k++) yield* Effect.forkChild(search)
  for (let k = 0; k < 2; k++) yield* Effect.forkChild(thumbnails)
  yield* Console.log("ready")
  yield* Effect.forever(Effect.flatMap(order, (ms) => Effect.forkChild(checkout(ms))))
})

if (import.meta.main) {
  Giveway.runMain(shop, {
    compute: { maxWorkers: 2 },
    // a crowded machine is not what the pictures are about
    sysmon: { threshold: "250 millis", serve: JSON.parse(process.argv[2] ?? "{}") }
  })
}
