import { assert, describe, it } from "@effect/vitest"
import type { FiberDump } from "@giveway/core"
import * as fc from "fast-check"
import * as waitsFor from "../../../src/internal/fibers/waitsFor.ts"

const fiber = (id: number, wakers?: ReadonlyArray<number>): FiberDump.FiberInfo => ({
  id,
  parentId: undefined,
  name: undefined,
  state: "waiting",
  startedAt: 0,
  selfMs: 0,
  runDelayMs: 0,
  slices: 1,
  awaits: { kind: "fiber", ...(wakers === undefined ? {} : { wakers }) }
})

describe("fibers that wait for ever", () => {
  it("finds a fiber that joins itself, and a ring", () => {
    assert.deepStrictEqual(waitsFor.cycles([fiber(1, [1])]), [[1]])
    assert.deepStrictEqual(waitsFor.cycles([fiber(3, [1]), fiber(1, [2]), fiber(2, [3])]), [[1, 2, 3]])
  })

  it("leaves fibers that wait behind a cycle out of it", () => {
    const fibers = [fiber(1, [2]), fiber(2, [3]), fiber(3, [2]), fiber(4, [1])]
    assert.deepStrictEqual(waitsFor.cycles(fibers), [[2, 3]])
    assert.deepStrictEqual([...waitsFor.knot(fibers).keys()].sort(), [1, 2, 3, 4])
  })

  it("is silent where something outside can wake one of them", () => {
    // 2 waits for the first of 1 and 3 that releases, and 3 for something unknown
    assert.deepStrictEqual(waitsFor.cycles([fiber(1, [2]), fiber(2, [1, 3]), fiber(3)]), [])
    assert.deepStrictEqual(waitsFor.cycles([fiber(1, [2]), { ...fiber(2, [1]), state: "running" }]), [])
    // nobody sees 9
    assert.deepStrictEqual(waitsFor.cycles([fiber(1, [9])]), [])
  })

  it("any graph: each fiber that is named cannot be woken, and each that cannot be woken is named", () => {
    const graphs = fc.array(fc.option(fc.array(fc.nat(7), { maxLength: 3 }), { nil: undefined }), { maxLength: 8 })
    fc.assert(
      fc.property(graphs, (wakers) => {
        const fibers = wakers.map((list, id) => fiber(id, list))
        // the definition, without cleverness: wake each fiber that may be woken until nothing changes
        const awake = new Set(Array.from({ length: 8 }, (_, id) => id).filter((id) => !(wakers[id]?.length ?? 0)))
        for (let before = -1; before !== awake.size;) {
          before = awake.size
          wakers.forEach((list, id) => {
            if (list?.some((waker) => awake.has(waker)) === true) awake.add(id)
          })
        }
        const stuck = fibers.map(({ id }) => id).filter((id) => !awake.has(id))
        assert.deepStrictEqual([...waitsFor.knot(fibers).keys()].sort(), stuck)
        const found = waitsFor.cycles(fibers)
        assert.strictEqual(found.length > 0, stuck.length > 0)
        for (const cycle of found) {
          cycle.forEach((id, index) => assert.include(wakers[id] ?? [], cycle[(index + 1) % cycle.length]!))
          assert.isTrue(cycle.every((id) => !awake.has(id)))
        }
      })
    )
  })
})
