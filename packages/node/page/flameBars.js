/**
 * An icicle of the live fibers, as data: each bar is a name below the names of the fibers that forked it, as wide as the self time of
 * its fibers and of all below them. It runs in the worker.
 */
import { nameless } from "./words.js"

const levels = 9

/** Narrower bars cannot be seen. */
const leastShare = 0.002

/** The tree of names: fibers of one name below one parent are one node. */
const treeOf = (fibers) => {
  const root = { name: "all", selfMs: 0, totalMs: 0, count: 0, ids: new Set(), children: new Map(), parent: undefined }
  const byId = new Map(fibers.map((fiber) => [fiber.id, fiber]))
  const nodes = new Map()
  const made = []
  for (const fiber of fibers) {
    const path = []
    for (let one = fiber; one !== undefined && !nodes.has(one.id); one = byId.get(one.parentId)) path.push(one)
    for (const one of path.reverse()) {
      const parent = nodes.get(one.parentId) ?? root
      const name = one.name ?? nameless
      // a fiber with its parent's name is added to the parent's bar: a loop that forks is one bar
      let node = parent.name === name ? parent : parent.children.get(name)
      if (node === undefined) {
        node = { name, selfMs: 0, totalMs: 0, count: 0, ids: new Set(), children: new Map(), parent }
        parent.children.set(name, node)
        made.push(node)
      }
      node.selfMs += one.selfMs
      node.totalMs += one.selfMs
      node.count++
      node.ids.add(one.id)
      nodes.set(one.id, node)
    }
  }
  // children were made after their parents; fibers may be nested deeper than calls can be
  for (const node of made.reverse()) node.parent.totalMs += node.totalMs
  return root
}

/** The bars below the name that `path` leads to, as the shares of the whole width. */
export const barsOf = (fibers, path, hogId) => {
  let whole = treeOf(fibers)
  const known = []
  for (const name of path) {
    const child = whole.children.get(name)
    if (child === undefined) break
    known.push(name)
    whole = child
  }
  const bars = []
  const place = (node, from, width, depth, path) => {
    if (depth > levels || width < leastShare) return
    const { children, count, ids, name, selfMs, totalMs } = node
    bars.push({ key: path.join("\n"), path, name, count, selfMs, totalMs, from, width, depth, isHog: ids.has(hogId) })
    let at = from
    for (const child of Array.from(children.values()).toSorted((a, b) => b.totalMs - a.totalMs)) {
      const share = whole.totalMs === 0 ? 0 : child.totalMs / whole.totalMs
      place(child, at, share, depth + 1, [...path, child.name])
      at += share
    }
  }
  place(whole, 0, 1, 0, known)
  return bars
}
