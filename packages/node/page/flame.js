/**
 * An icicle of the live fibers: each bar is a name below the names of the fibers that forked it, as wide as the self time of
 * its fibers and of all below them. A click makes a bar the whole width.
 */
import { ago, colourOf, make, nameless } from "./words.js"

const rowHeight = 23
const levels = 9

/** The tree of names: fibers of one name below one parent are one node. */
export const treeOf = (fibers) => {
  const root = { name: "all", selfMs: 0, totalMs: 0, count: 0, ids: new Set(), children: new Map(), parent: undefined }
  const byId = new Map(fibers.map((fiber) => [fiber.id, fiber]))
  const nodes = new Map()
  const nodeOf = (fiber) => {
    const path = []
    for (let one = fiber; one !== undefined && !nodes.has(one.id); one = byId.get(one.parentId)) path.push(one)
    for (const one of path.reverse()) {
      const above = nodes.get(one.parentId) ?? root
      const name = one.name ?? nameless
      // a fiber with its parent's name is added to the parent's bar: a loop that forks is one bar
      const node =
        above.name === name
          ? above
          : (above.children.get(name) ?? {
              name,
              selfMs: 0,
              totalMs: 0,
              count: 0,
              ids: new Set(),
              children: new Map(),
              parent: above
            })
      if (node !== above) above.children.set(name, node)
      node.selfMs += one.selfMs
      node.count++
      node.ids.add(one.id)
      nodes.set(one.id, node)
    }
  }
  fibers.forEach(nodeOf)
  const total = (node) => {
    node.totalMs = node.selfMs
    for (const child of node.children.values()) node.totalMs += total(child)
    return node.totalMs
  }
  total(root)
  return root
}

const pathOf = (node) => (node.parent === undefined ? [] : [...pathOf(node.parent), node.name])

export class Flame {
  path = []

  constructor(element, hint) {
    this.element = element
    this.hint = hint
  }

  show(fibers, hogId) {
    this.fibers = fibers
    this.hogId = hogId
    let whole = treeOf(fibers)
    for (const name of this.path) whole = whole.children.get(name) ?? whole
    const bars = []
    let deepest = 0
    const place = (node, from, width, depth) => {
      if (depth > levels || width < 0.002) return
      deepest = Math.max(deepest, depth)
      bars.push(this.bar(node, from, width, depth))
      let at = from
      for (const child of Array.from(node.children.values()).toSorted((a, b) => b.totalMs - a.totalMs)) {
        const share = whole.totalMs === 0 ? 0 : child.totalMs / whole.totalMs
        place(child, at, share, depth + 1)
        at += share
      }
    }
    place(whole, 0, 1, 0)
    this.element.replaceChildren(...bars)
    this.element.style.height = `${(deepest + 1) * rowHeight}px`
  }

  bar(node, from, width, depth) {
    const text = `${node.name}${node.count > 1 ? ` ×${node.count}` : ""}  ${ago(node.totalMs)}`
    const bar = make(
      "button",
      { type: "button", title: `${text}\nitself ${ago(node.selfMs)}`, class: node.ids.has(this.hogId) ? "hog" : "" },
      text
    )
    bar.style.left = `${from * 100}%`
    bar.style.width = `calc(${width * 100}% - 1px)`
    bar.style.top = `${depth * rowHeight}px`
    bar.style.background = depth === 0 ? "var(--faint)" : colourOf(node.name)
    bar.addEventListener("click", () => {
      this.path = depth === 0 ? this.path.slice(0, -1) : pathOf(node)
      this.show(this.fibers, this.hogId)
    })
    return bar
  }
}
