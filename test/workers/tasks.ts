/**
 * What programs do on workers, a task a feature. `program.ts` runs them.
 */
import * as Task from "@giveway/core/Task"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const url = import.meta.url

export class TooSmall extends Schema.TaggedError<TooSmall>()("TooSmall", { least: Schema.Number }) {}

export const tomorrow = Task.make(
  url,
  "tomorrow",
  { payload: Schema.Date, success: Schema.Date },
  (date) => new Date(date.getTime() + 86_400_000)
)

export const logs = Task.make(url, "logs", { payload: Schema.String, success: Schema.Void }, (text) =>
  Effect.log(text).pipe(Effect.annotateLogs("where", "worker"), Effect.withSpan("inner"))
)

export const counts = Task.stream(url, "counts", { payload: Schema.Number, element: Schema.Number }, (n) =>
  Stream.range(1, n)
)

export const waits = Task.make(url, "waits", { payload: Schema.Void, success: Schema.Void }, () =>
  Effect.never.pipe(Effect.onInterrupt(() => Effect.log("finalized")))
)

export const fails = Task.make(
  url,
  "fails",
  { payload: Schema.Number, success: Schema.Number, error: TooSmall },
  (n): Effect.Effect<number, TooSmall> => (n < 3 ? Effect.fail(new TooSmall({ least: 3 })) : Effect.succeed(n))
)

class Rate extends Context.Service<Rate, { readonly percent: number }>()("workers/Rate") {}

export const taxed = Task.make(
  url,
  "taxed",
  { payload: Schema.Number, success: Schema.Number, layer: Layer.succeed(Rate)({ percent: 19 }) },
  (net) => Effect.map(Rate, ({ percent }) => net + (net * percent) / 100)
)

const breaks = (): never => {
  throw new Error("it broke")
}

export const throwing = Task.make(url, "throwing", { payload: Schema.Void, success: Schema.Void }, () => breaks())

export const loops = Task.make(url, "loops", { payload: Schema.Number, success: Schema.Number }, (rounds) => {
  let sum = 0
  for (let i = 0; i < rounds; i++) sum += i % 7
  return sum
})
