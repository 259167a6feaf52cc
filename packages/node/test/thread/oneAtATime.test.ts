import { assert, it } from "vitest"
import * as oneAtATime from "../../src/thread/oneAtATime.ts"

it("the next takes over when the first leaves; one that leaves before its turn never takes it", () => {
  const { join } = oneAtATime.make()
  const taken: Array<string> = []
  const leave = Object.fromEntries(["a", "b", "c"].map((name) => [name, join(() => taken.push(name))]))
  assert.deepStrictEqual(taken, ["a"])
  leave["b"]!()
  assert.deepStrictEqual(taken, ["a"])
  leave["a"]!()
  leave["a"]!()
  assert.deepStrictEqual(taken, ["a", "c"])
  leave["c"]!()
  join(() => taken.push("d"))
  assert.deepStrictEqual(taken, ["a", "c", "d"])
})
