import { assert, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect } from "effect"
import type { Environment } from "../../../src/internal/options/environment.ts"
import { combined, group, optional, partOf } from "../../../src/internal/options/environment.ts"

interface Options {
  readonly size?: number | undefined
  readonly tasks?: ReadonlyArray<string> | undefined
  readonly queue?: { readonly capacity?: number | undefined; readonly overflow?: string | undefined } | undefined
}

const environment: Environment<Options> = partOf("PART", {
  size: optional(Config.Int("SIZE")),
  queue: group("QUEUE", { capacity: optional(Config.Int("CAPACITY")), overflow: optional(Config.String("OVERFLOW")) })
})

const read = (provider: ConfigProvider.ConfigProvider, given?: Config.Wrap<Options | undefined>) =>
  combined<Options>(given, environment).parse(provider)

const env = ConfigProvider.fromEnv({ env: { GIVEWAY_PART_SIZE: "3", GIVEWAY_PART_QUEUE_CAPACITY: "5" } })

it.effect("reads the environment and structured configuration alike", () =>
  Effect.gen(function* () {
    const expected = { size: 3, queue: { capacity: 5, overflow: undefined } }
    assert.deepStrictEqual(yield* read(env), expected)
    const file = ConfigProvider.fromUnknown({ GIVEWAY: { PART: { SIZE: 3, QUEUE: { CAPACITY: 5 } } } })
    assert.deepStrictEqual(yield* read(file), expected)
    const nothing = { size: undefined, queue: { capacity: undefined, overflow: undefined } }
    assert.deepStrictEqual(yield* read(ConfigProvider.fromUnknown({})), nothing)
  })
)

it.effect("prefers what is given, field by field, and does not look it up", () =>
  Effect.gen(function* () {
    const wrong = ConfigProvider.fromEnv({ env: { GIVEWAY_PART_SIZE: "many", GIVEWAY_PART_QUEUE_CAPACITY: "5" } })
    const given = {
      size: Config.succeed(4),
      tasks: Config.succeed(["a"]),
      queue: { overflow: Config.String("ELSEWHERE") }
    }
    const elsewhere = yield* Effect.flip(read(wrong, given))
    assert.include(String(elsewhere), "ELSEWHERE")
    assert.deepStrictEqual(yield* read(wrong, { ...given, queue: { overflow: Config.succeed("drop") } }), {
      size: 4,
      tasks: ["a"],
      queue: { capacity: 5, overflow: "drop" }
    })
  })
)

it.effect("a config that is given for a group stands for all of it", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* read(env, { queue: Config.succeed({ overflow: "drop" }) }), {
      size: 3,
      queue: { overflow: "drop" }
    })
    assert.deepStrictEqual(yield* read(env, Config.succeed({ size: 9 })), { size: 9 })
  })
)

it.effect("names a value that cannot be read", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(read(ConfigProvider.fromEnv({ env: { GIVEWAY_PART_QUEUE_CAPACITY: "much" } })))
    assert.match(String(error), /GIVEWAY.*PART.*QUEUE.*CAPACITY/s)
  })
)
