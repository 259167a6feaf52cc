/**
 * Each bug of the gallery is found, its token makes it again, and the mended program raises no alarm. This is the short form of
 * `npm run bench -- interleavings`, which runs 10,000 schedules of each mended program.
 */
import { assert, describe, it } from "@effect/vitest"
import { Interleavings } from "@giveway/core/testing"
import { Effect } from "effect"
import { bugs } from "../../bench/gallery/index.ts"

describe("the gallery", () => {
  it("has as many bugs as it says, each with a source of its own or a kind", () => {
    const from = (source: string) => bugs.filter((bug) => bug.source.includes(source))
    const kernels = from("GoKer")
    assert.isAtLeast(kernels.length, 40)
    assert.strictEqual(new Set(kernels.map(({ source }) => source)).size, kernels.length)
    assert.isAtLeast(from("Node.fz").length + from("NodeRacer").length, 15)
    assert.isAtLeast(bugs.length, 70)
    assert.strictEqual(new Set(bugs.map(({ name }) => name)).size, bugs.length)
  })

  // a trace in words takes the debugger 70 ms, which is most of the time of these tests
  it.effect.each(bugs)("$name", ({ fixed, program }) =>
    Effect.gen(function* () {
      const found = yield* Effect.flip(Interleavings.check(program))
      if (found._tag !== "InterleavingFailed") return assert.fail(found.message)
      assert.isAtMost(found.preemptions, 3)
      yield* Interleavings.check(fixed, { schedules: 200 })
    })
  )

  it.effect.each(bugs.filter((_, index) => index % 8 === 0))("again by its token: $name", ({ program }) =>
    Effect.gen(function* () {
      const found = yield* Effect.flip(Interleavings.check(program))
      if (found._tag !== "InterleavingFailed") return assert.fail(found.message)
      const again = yield* Effect.flip(Interleavings.check(program, { replay: found.token! }))
      if (again._tag !== "InterleavingFailed") return assert.fail(again.message)
      assert.strictEqual(again.problem, found.problem)
      assert.deepStrictEqual(again.trace, found.trace)
    })
  )
})
