/**
 * `Compute.auto` on real workers: compiled in a process of its own, and uncompiled here.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Effect, Exit } from "effect"
import { pool } from "../pool.ts"
import * as pure from "../tasks/pure.ts"

const programs = fileURLToPath(new URL("../compiler/programs", import.meta.url))

describe("a program under register", () => {
  // what the program prints
  let seen: any

  beforeAll(async () => {
    const args = ["--conditions=giveway-source", "--import", "@giveway/node/register", "auto.ts"]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: programs, timeout: 60_000 })
    seen = JSON.parse(stdout)
  }, 60_000)

  it("runs the first long call here, in slices, and the next ones on workers", () => {
    assert.strictEqual(seen.threads[0], seen.threadId)
    // on a machine that others use, a way to a worker may be long for a while
    assert.isTrue(seen.threads.slice(1).some((thread: number) => thread !== seen.threadId))
    assert.strictEqual(seen.equal, 1)
  })

  it("runs short calls here", () => {
    assert.deepStrictEqual(seen.shortThreads, [seen.threadId])
    assert.isAbove(seen.report.burn.inline, 200)
  })

  it("an error is the same defect, wherever it was thrown", () => {
    for (const defect of seen.failures) {
      assert.deepInclude(defect, { class: "RangeError", range: true, code: "E_ITEM", message: "no such item" })
    }
    assert.isAbove(new Set(seen.failures.map((defect: { threadId: number }) => defect.threadId)).size, 1)
  })

  it("what a copy would change stays here, and is what it was", () => {
    assert.deepStrictEqual(seen.points, ["number", "number", "number"])
    assert.include(seen.report.takesPoint.last.because, "an object of class Point at [0]")
    assert.deepStrictEqual(seen.made, [true, true, true])
    assert.include(seen.report.givesPoint.last.because, "a copy would change its result: an object of class Point")
    assert.deepStrictEqual(seen.large, [20_000_000, 20_000_000, 20_000_000])
    assert.include(seen.report.takesAll.last.because, "too large to copy")
    for (const name of ["takesPoint", "givesPoint", "takesAll"]) assert.strictEqual(seen.report[name].worker, 0)
  })

  it("functions that would mean something else on a worker stay here", () => {
    assert.deepStrictEqual(seen.factors, [7, 7, 7])
    assert.include(seen.report.readsFactor.staysBecause, "it reads factor, which changes")
    assert.deepStrictEqual(seen.closures, [1, 1, 1, 2, 2, 2])
    assert.include(seen.report.made.staysBecause, "workers do not know its module")
    assert.include(seen.report.inMain.staysBecause, "main module")
  })

  it("an interrupted call stops, here and on workers, and no worker is killed", () => {
    assert.strictEqual(seen.stopped, "None")
    assert.deepInclude(seen.statistics, { busy: 0, queued: 0, cancelled: 2, killed: 0 })
  })

  it("says where a call ran: on its span, and in the metrics", () => {
    assert.include(["worker", "slices"], seen.placements[0][0][1])
    assert.strictEqual(seen.placements[0][0][0], "giveway.placement")
    assert.isAtLeast(seen.counted.worker.count, 2)
    assert.isAtLeast(seen.counted.inline.count, 200)
  })
})

describe("a function that is not compiled", () => {
  const report = (name: string) =>
    Effect.map(Compute.placement, ({ functions }) => functions.find((each) => each.name === name))

  it.live("runs on a worker until it is known to be short", () =>
    Effect.gen(function* () {
      assert.notStrictEqual(yield* Compute.auto(pure.where, 20), 0)
      assert.notStrictEqual(yield* Compute.auto(pure.where, 20), 0)
      // a few calls tell; more where the machine pauses in the middle of one
      let calls = 0
      while ((yield* Compute.auto(pure.where, 0)) !== 0) assert.isBelow(calls++, 200)
      assert.deepInclude(yield* report("where"), { compiled: false, staysBecause: undefined })
    }).pipe(pool())
  )

  it.live("runs here if a worker cannot find it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Compute.auto(pure.homeless, 1), 0)
      const doubled = pure.make(2)
      assert.strictEqual(yield* Compute.auto(doubled, 21), 42)
      assert.strictEqual(yield* Compute.auto(pure.make(3), 21), 63)
      assert.strictEqual(yield* Compute.auto(doubled, 21), 42)
    }).pipe(pool())
  )

  it.live("what happens to its worker is a typed error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Compute.auto(pure.exits, 3))
      assert.instanceOf(error, Compute.WorkerExited)
      assert.strictEqual(error.code, 3)
    }).pipe(pool())
  )

  it.live("a full queue is no error: the call runs here", () =>
    Effect.gen(function* () {
      const exits = yield* Effect.forEach([1, 2, 3, 4], (n) => Effect.exit(Compute.auto(pure.where, n)), {
        concurrency: "unbounded"
      })
      assert.isTrue(exits.every(Exit.isSuccess))
    }).pipe(pool({ queue: { capacity: 0, overflow: "fail" } }))
  )

  it.live("takes nothing but what Pure.fn made", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Compute.auto((n: number) => Effect.succeed(n), 1))
      assert.include(String(exit), "Compute.auto takes a function that Pure.fn made")
    }).pipe(pool())
  )
})
