import { Compute, TestCompute } from "@giveway/core"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { countPrimes } from "../src/primes.ts"

it.effect("counts the primes below a number", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* Compute.run(countPrimes, { below: 100 }), 25)
  }).pipe(Effect.provide(TestCompute.layer))
)
