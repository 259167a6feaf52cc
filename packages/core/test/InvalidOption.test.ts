import { assert, it } from "@effect/vitest"
import { InvalidOption, Supervision } from "@giveway/core"
import { Effect, Layer } from "effect"

it.effect("names the layer, the option, what it is and what it must be, and is one error for all layers", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(Layer.build(Supervision.layer({ threshold: "3 millis" }))))
    assert.instanceOf(error, InvalidOption.InvalidOption)
    assert.strictEqual(
      error.message,
      'Supervision: threshold is 3 millis, but must be a finite duration of at least 10 ms, such as "50 millis"'
    )
  })
)
