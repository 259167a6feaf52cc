import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Graph } from "../../../src/compiler/read/graph.ts"
import { above, below, onCycles } from "../../../src/compiler/read/graph.ts"

const graphs: fc.Arbitrary<Graph<number>> = fc
  .array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 12, maxLength: 12 })
  .map((edges) => new Map(edges.map((to, from) => [from, new Set(to)])))

describe("call graphs", () => {
  it("onCycles finds the nodes that reach themselves", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const expected = [...graph.keys()].filter((node) => below(graph, node).has(node))
        assert.sameMembers([...onCycles(graph)], expected)
      })
    )
  })

  it("above finds the callers of callers, over those that may", () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), (graph, target) => {
        const all = new Set(graph.keys())
        const expected = [...all].filter((node) => node === target || below(graph, node).has(target))
        assert.sameMembers([...above(graph, new Set([target]), all)], expected)
        assert.sameMembers([...above(graph, new Set([target]), new Set())], [target])
      })
    )
  })

  it("follows a chain that is longer than the stack", () => {
    const size = 100_000
    const chain = new Map(Array.from({ length: size }, (_, index) => [index, new Set([(index + 1) % size])]))
    assert.strictEqual(onCycles(chain).size, size)
    assert.strictEqual(below(chain, 0).size, size)
  })
})
