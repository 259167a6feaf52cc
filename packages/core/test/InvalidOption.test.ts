import { assert, it } from "@effect/vitest"
import { InvalidOption, Supervision } from "@giveway/core"
import { Effect, Layer } from "effect"

it.effect("names the layer, the option, what it is and what it must be, and is one error for all layers", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(Layer.build(Supervision.layer({ threshold: "3 millis" }))))
    assert.instanceOf(error, InvalidOption.InvalidOption)
    assert.strictEqual(
      error.message,
      'Supervision: threshold is "3 millis", but must be a duration of at least 10 ms and at most 24 days, such as "50 millis"'
    )
  })
)

it.effect("names what is no option, also in a group, and what may be meant", () =>
  Effect.gen(function* () {
    const messageOf = (options: object) =>
      Effect.map(Effect.flip(Effect.scoped(Layer.build(Supervision.layer(options)))), (error) => error.message)
    assert.strictEqual(
      yield* messageOf({ treshold: 50 }),
      "Supervision: treshold is no option; did you mean threshold?"
    )
    assert.strictEqual(
      yield* messageOf({ perMinute: { alikes: 1 } }),
      "Supervision: perMinute.alikes is no option; did you mean perMinute.alike?"
    )
    assert.strictEqual(
      yield* messageOf({ colour: "red" }),
      "Supervision: colour is no option; the options are threshold, logs, grace, perMinute"
    )
    assert.strictEqual(yield* messageOf({ logs: "no" }), 'Supervision: logs is "no", but must be true or false')
  })
)
