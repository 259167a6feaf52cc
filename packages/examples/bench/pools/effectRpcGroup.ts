/**
 * The jobs as remote procedures, for Effect's RPC over workers.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"

export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {}

const nothing = { payload: Schema.Void, success: Schema.Void }
const numbers = { payload: Schema.Number, success: Schema.Number }

export const group = RpcGroup.make(
  Rpc.make("add", { payload: { a: Schema.Number, b: Schema.Number }, success: Schema.Number }),
  Rpc.make("begun", { payload: Schema.Void, success: Schema.Number }),
  Rpc.make("echo", { payload: Schema.Unknown, success: Schema.Unknown }),
  Rpc.make("exhaust", { payload: Schema.Void, success: Schema.Number }),
  Rpc.make("exit", nothing),
  Rpc.make("hold", numbers),
  Rpc.make("loop", nothing),
  Rpc.make("makeFunction", { payload: Schema.Void, success: Schema.Unknown }),
  Rpc.make("native", { payload: Schema.Void, success: Schema.Number }),
  Rpc.make("refuse", { payload: Schema.String, success: Schema.Void, error: Refused }),
  Rpc.make("spin", numbers),
  Rpc.make("throws", nothing),
  Rpc.make("work", numbers)
)
