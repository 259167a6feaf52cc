/**
 * Each scenario in its short form: its claim holds by a generous ratio, on a machine with neighbours.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { scenarios } from "../../src/results/scenarios.ts"

describe("in its short form", { retry: 2 }, () => {
  for (const { name, run } of scenarios) {
    it.live(
      `${name} holds`,
      () =>
        Effect.gen(function* () {
          const seen = yield* run("short", () => Effect.void)
          assert.isTrue(seen.holds, JSON.stringify(seen))
        }).pipe(Effect.provide(NodeServices.layer)),
      60_000
    )
  }
})
