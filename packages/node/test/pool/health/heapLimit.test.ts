import { assert, describe, it } from "vitest"
import { warning } from "../../../src/pool/health/heapLimit.ts"

const none = { commandLine: [], environment: [] }

describe("the heap of a worker", () => {
  it("that is as asked needs no word", () => {
    assert.isUndefined(warning(64, 64, none))
    assert.isUndefined(warning(1000, 1002, none))
  })

  it("that a flag has set is warned of, with the flag in each spelling and from each place", () => {
    for (const flag of [
      "--max-old-space-size=2048",
      "--max_old_space_size=2048",
      "--max-old-space-size-percentage=50",
      "--max-heap-size=2048"
    ]) {
      const given = warning(64, 2048, { ...none, commandLine: ["--import", "./a.js", flag] })
      assert.include(given, `maxHeapMb of NodeCompute is 64, but each worker may use 2048 MiB: ${flag} holds`)
      assert.include(warning(64, 2048, { ...none, environment: [flag] }), `${flag} in NODE_OPTIONS holds`)
    }
    assert.include(warning(1024, 128, none), "may use 128 MiB: a flag of V8, as --max-old-space-size, holds")
  })
})
