/**
 * The candidates that a beacon shows.
 */
import { assert, describe, it } from "vitest"
import * as threadBlock from "../../../src/internal/sharedMemory/threadBlock.ts"
import { candidatesOf, read } from "../../../src/internal/watcher/seen.ts"

describe("candidates", () => {
  it("are none while the thread rests", () => {
    const block = threadBlock.make()
    threadBlock.heartbeat(block, 1010, 1000, 0)
    assert.deepStrictEqual(candidatesOf(read(block, new Map()), 1005), [])
  })

  it("are the slice that runs and the overdue heartbeat, and the slice's time counts once", () => {
    const block = threadBlock.make()
    threadBlock.heartbeat(block, 1010, 1000, 0)
    threadBlock.beginSlice(block, 1, 42, 7, 1030)
    const seen = read(block, new Map([[7, "thumbnail"]]))
    assert.strictEqual(seen.name, "thumbnail")
    assert.deepStrictEqual(candidatesOf(seen, 1100), [
      { key: "slice:1", kind: "slice", startedAt: 1030, heldMs: 70 },
      { key: "beat:1", kind: "beat", startedAt: 1010, heldMs: 20 }
    ])
  })
})
