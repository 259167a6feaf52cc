import { assert, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import type { DurationBounds } from "../../../src/internal/options/duration.ts"
import { duration } from "../../../src/internal/options/duration.ts"

const read = (value: unknown, bounds: Partial<DurationBounds> = {}): unknown =>
  Result.match(duration({ suchAs: "1 second", ...bounds })(value, "Part", "grace"), {
    onFailure: (error) => error.message,
    onSuccess: (ms) => ms
  })

it("takes all that Effect takes for a duration, as milliseconds", () => {
  const inputs: ReadonlyArray<Duration.Input> = [
    1500,
    "1500 millis",
    "1.5 seconds",
    Duration.millis(1500),
    [1, 500_000_000],
    { seconds: 1, milliseconds: 500 },
    1_500_000_000n
  ]
  for (const input of inputs) assert.strictEqual(read(input), 1500)
  assert.strictEqual(read(0), 0)
})

it("refuses what is none, also what Effect takes for 0", () => {
  for (const value of ["soon", "5", "", NaN, -1, "-1 second", Infinity, "Infinity", true, null, {}, { secs: 3 }]) {
    assert.match(
      String(read(value)),
      /^Part: grace is .*, but must be a duration of 0 or more and at most 24 days, such as "1 second"$/
    )
  }
  for (const value of [{ seconds: NaN }, { seconds: "3" }, [NaN, 0], []]) assert.include(String(read(value)), "must be")
})

it("has bounds, which the message says", () => {
  assert.strictEqual(read(10, { from: 10 }), 10)
  assert.include(String(read(9, { from: 10 })), "a duration of at least 10 ms and at most 24 days")
  assert.strictEqual(read(0.001, { positive: true }), 0.001)
  assert.include(String(read(0, { positive: true })), "a duration of at least 1 µs and at most 24 days")
  assert.strictEqual(read(2 ** 31 - 1), 2 ** 31 - 1)
  assert.include(String(read("25 days")), 'grace is "25 days"')
  assert.strictEqual(read(Infinity, { endless: true }), Infinity)
  assert.include(String(read(-1, { endless: true })), 'a duration of 0 or more, such as "1 second"')
})

it("has no number that a clock cannot measure, and no -0", () => {
  for (const value of [5e-324, 1e-308, 0.000_999, "1 nanos", -0, 0n]) {
    assert.include(String(read(value, { positive: true })), "must be a duration of at least 1 µs", String(value))
  }
  assert.strictEqual(read(-0), 0)
  assert.isTrue(Object.is(read(-0), 0))
  for (const value of [1e308, 2 ** 31, [1e308, 0], { weeks: 1e300 }]) {
    assert.include(String(read(value)), "and at most 24 days")
  }
  assert.include(String(read([NaN, 1], { endless: true })), "must be")
})
