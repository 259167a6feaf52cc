/**
 * The jobs as tasks: the same functions, each with the schemas a user would give it.
 */
import * as Task from "@giveway/core/Task"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { functions } from "./jobs.ts"

const url = import.meta.url

export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {}

const nothing = { payload: Schema.Void, success: Schema.Void }
const numbers = { payload: Schema.Number, success: Schema.Number }

export const tasks = {
  add: Task.make(
    url,
    "add",
    { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number },
    functions.add
  ),
  begun: Task.make(url, "begun", { payload: Schema.Void, success: Schema.Number }, functions.begun),
  echo: Task.make(url, "echo", { payload: Schema.Unknown, success: Schema.Unknown }, functions.echo),
  exhaust: Task.make(url, "exhaust", { payload: Schema.Void, success: Schema.Number }, functions.exhaust),
  exit: Task.make(url, "exit", nothing, functions.exit),
  hold: Task.make(url, "hold", numbers, functions.hold),
  loop: Task.make(url, "loop", nothing, functions.loop),
  makeFunction: Task.make(
    url,
    "makeFunction",
    { payload: Schema.Void, success: Schema.Unknown },
    functions.makeFunction
  ),
  native: Task.make(url, "native", { payload: Schema.Void, success: Schema.Number }, functions.native),
  refuse: Task.make(
    url,
    "refuse",
    { payload: Schema.String, success: Schema.Void, error: Refused },
    (reason): Effect.Effect<void, Refused> =>
      Effect.tryPromise({ try: () => functions.refuse(reason), catch: () => new Refused({ reason }) })
  ),
  spin: Task.make(url, "spin", numbers, functions.spin),
  throws: Task.make(url, "throws", nothing, functions.throws),
  work: Task.make(url, "work", numbers, functions.work)
} satisfies Record<keyof typeof functions, Task.Any>
