/**
 * Call graphs: which functions a function can reach, and which can reach themselves. Generated files hold thousands of
 * functions, so nothing here is recursive, and nothing looks at all pairs.
 */

export type Graph<A> = ReadonlyMap<A, ReadonlySet<A>>

/** All nodes that `node` can reach; `node` itself only if it is on a cycle. */
export const below = <A>(graph: Graph<A>, node: A): ReadonlySet<A> => {
  const seen = new Set<A>()
  const pending = [...graph.get(node)!]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    pending.push(...graph.get(next)!)
  }
  return seen
}

/** The nodes that can be reached from themselves, by Tarjan's algorithm. */
export const onCycles = <A>(graph: Graph<A>): ReadonlySet<A> => {
  const found = new Set<A>()
  const indices = new Map<A, number>()
  const lowest = new Map<A, number>()
  const open: Array<A> = []
  const isOpen = new Set<A>()
  const path: Array<{ readonly node: A; readonly rest: Iterator<A> }> = []
  const enter = (node: A): void => {
    indices.set(node, indices.size)
    lowest.set(node, indices.get(node)!)
    open.push(node)
    isOpen.add(node)
    path.push({ node, rest: graph.get(node)![Symbol.iterator]() })
  }
  const lower = (node: A, to: number): void => void lowest.set(node, Math.min(lowest.get(node)!, to))
  for (const start of graph.keys()) {
    if (indices.has(start)) continue
    enter(start)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node, rest } = top
      const next = rest.next()
      if (!next.done) {
        if (!indices.has(next.value)) enter(next.value)
        else if (isOpen.has(next.value)) lower(node, indices.get(next.value)!)
        continue
      }
      path.pop()
      const caller = path.at(-1)
      if (caller !== undefined) lower(caller.node, lowest.get(node)!)
      if (lowest.get(node) !== indices.get(node)) continue
      const component = open.splice(open.lastIndexOf(node))
      for (const each of component) isOpen.delete(each)
      if (component.length > 1 || graph.get(node)!.has(node)) for (const each of component) found.add(each)
    }
  }
  return found
}

/** The nodes in `some`, and all nodes in `may` that can reach one of them over nodes in `may`. */
export const above = <A>(graph: Graph<A>, some: ReadonlySet<A>, may: ReadonlySet<A>): Set<A> => {
  const callers = new Map<A, Array<A>>()
  for (const [caller, callees] of graph) {
    for (const callee of callees) {
      const known = callers.get(callee)
      if (known === undefined) callers.set(callee, [caller])
      else known.push(caller)
    }
  }
  const found = new Set(some)
  const pending = [...some]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const caller of callers.get(next) ?? []) {
      if (found.has(caller) || !may.has(caller)) continue
      found.add(caller)
      pending.push(caller)
    }
  }
  return found
}
