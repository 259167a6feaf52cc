/**
 * A task whose services know whether they were built before any job of their worker ran.
 */
import { Task } from "@giveway/core"
import { Context, Effect, Layer, Schema } from "effect"

let jobs = 0

class Built extends Context.Service<Built, { readonly afterJobs: number }>()("Built") {
  static readonly layer = Layer.sync(Built, () => ({ afterJobs: jobs }))
}

export const first = Task.make(import.meta.url, "first", { payload: Schema.Void, success: Schema.Void }, () => {
  jobs++
})

export const builtAfter = Task.make(
  import.meta.url,
  "builtAfter",
  { payload: Schema.Void, success: Schema.Number, layer: Built.layer },
  () => Effect.map(Built, ({ afterJobs }) => afterJobs)
)

let attempts = 0

class Server extends Context.Service<Server, string>()("Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.suspend(() => (++attempts === 1 ? Effect.fail(new Error("no server yet")) : Effect.succeed("connected")))
  )
}

/** Its service fails the first time. */
export const secondTime = Task.make(
  import.meta.url,
  "secondTime",
  { payload: Schema.Void, success: Schema.String, layer: Server.layer },
  () => Effect.map(Server, (state) => state)
)
