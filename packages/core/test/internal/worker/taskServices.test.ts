import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import * as taskServices from "../../../src/internal/worker/taskServices.ts"

class Model extends Context.Service<Model, number>()("Model") {}

describe("the layer of a task", () => {
  it.live("that is never built has a limit, goes on, and serves who comes later", () =>
    Effect.gen(function* () {
      let builds = 0
      const open: Array<() => void> = []
      const layer = Layer.effect(
        Model,
        Effect.callback<number>((resume) => {
          builds++
          open.push(() => resume(Effect.succeed(7)))
        })
      )
      const services = taskServices.make(Context.empty())
      const late = yield* services.of(layer, 0)
      assert.isTrue(Exit.isFailure(late))
      if (Exit.isFailure(late))
        assert.match(String(Cause.squash(late.cause)), /the layer was not built after 1 s\. It goes on/)
      open[0]!()
      const built = yield* services.of(layer, 0)
      assert.isTrue(Exit.isSuccess(built))
      if (Exit.isSuccess(built)) assert.strictEqual(Context.get(built.value as Context.Context<Model>, Model), 7)
      assert.strictEqual(builds, 1)
      yield* services.close
    })
  )

  it.live("that failed is built anew for the next job", () =>
    Effect.gen(function* () {
      let builds = 0
      const layer = Layer.effect(
        Model,
        Effect.suspend(() => (++builds === 1 ? Effect.fail("not yet") : Effect.succeed(7)))
      )
      const services = taskServices.make(Context.empty())
      assert.isTrue(Exit.isFailure(yield* services.of(layer, 1e6)))
      assert.isTrue(Exit.isSuccess(yield* services.of(layer, 1e6)))
      yield* services.close
    })
  )
})
