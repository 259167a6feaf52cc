import { assert, describe, it } from "vitest"
import { describe as warning, givenUp } from "../../../src/pool/health/startWatch.ts"

const machine = { cores: 2, load: 12.3 }

describe("a start that takes long", () => {
  it("is given up when it has waited for a minute", () => {
    assert.isUndefined(givenUp(59_000, { idle: 58_000, active: 1000 }))
    assert.match(
      givenUp(62_000, { idle: 61_000, active: 1000 })!,
      /not ready after 62 s, of which it waited 61 s: a preload/
    )
  })

  it("goes on while it computes or has no core, for a quarter of an hour", () => {
    assert.isUndefined(givenUp(890_000, { idle: 30_000, active: 860_000 }))
    assert.isUndefined(givenUp(890_000, { idle: 0, active: 0 }))
    assert.match(givenUp(901_000, { idle: 0, active: 900_000 })!, /not ready within 900 s/)
  })

  it("is warned of, with what it does", () => {
    assert.include(warning(1, 10_000, { idle: 9000, active: 1000 }, machine), "It waited 9 s: a preload")
    assert.include(
      warning(1, 10_000, { idle: 100, active: 9900 }, machine),
      "or has no core: the load average of this machine is 12.3, on 2 cores"
    )
  })
})
