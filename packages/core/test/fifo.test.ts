/**
 * The queue from which any member can be withdrawn, beside the obvious one.
 */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import { Fifo } from "../src/internal/fifo.ts"

it("does what an array does", () => {
  const operation = fc.oneof(
    fc.constant({ _tag: "push" } as const),
    fc.constant({ _tag: "shift" } as const),
    fc.constant({ _tag: "unshift" } as const),
    fc.nat(60).map((value) => ({ _tag: "withdraw", value }) as const)
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const fifo = new Fifo()
      const model: Array<number> = []
      const shifted: Array<number> = []
      let next = 0
      for (const operation of operations) {
        if (operation._tag === "push") {
          fifo.push(next)
          model.push(next++)
        } else if (operation._tag === "shift") {
          const value = fifo.shift()
          assert.strictEqual(value, model.shift())
          if (value !== undefined) shifted.push(value)
        } else if (operation._tag === "unshift") {
          const value = shifted.pop()
          if (value === undefined) continue
          fifo.unshift(value)
          model.unshift(value)
        } else {
          const at = model.indexOf(operation.value)
          assert.strictEqual(fifo.withdraw(operation.value), at >= 0)
          if (at >= 0) model.splice(at, 1)
        }
        assert.strictEqual(fifo.size, model.length)
      }
      assert.deepStrictEqual(fifo.toArray(), model)
      assert.deepStrictEqual(fifo.clone().toArray(), model)
    })
  )
})
