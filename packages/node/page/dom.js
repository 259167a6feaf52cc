/**
 * Elements. The page is made anew whenever news come, and {@link renew} changes what is there into it: so focus, selection and
 * scroll stay, and a screen reader hears of what changed only. Events are heard by the containers, which stay.
 *
 * Decision 0134.
 */
import { plain, plainLines } from "./words.js"

export const $ = (id) => document.getElementById(id)

/** An element. Texts are texts: nothing here reads HTML. */
export const make = (tag, attributes = {}, ...children) => {
  const shown = tag === "pre" ? plainLines : plain
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : plainLines(String(value)))
  }
  element.append(
    ...children
      .filter((child) => child !== undefined)
      .map((child) => (typeof child === "string" ? shown(child) : child))
  )
  return element
}

const assume = (old, wanted) => {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== wanted.data) old.data = wanted.data
    return
  }
  for (const name of old.getAttributeNames()) {
    // which item is the stop of the tab key is decided by `roving`
    if (name !== "style" && name !== "tabindex" && !wanted.hasAttribute(name)) old.removeAttribute(name)
  }
  for (const name of wanted.getAttributeNames()) {
    const value = wanted.getAttribute(name)
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value)
  }
  // the policy of the page forbids the attribute
  if (old.style.cssText !== wanted.style.cssText) old.style.cssText = wanted.style.cssText
  renew(old, Array.from(wanted.childNodes))
}

const keyOf = (node) => node.dataset?.key

/** Gives an element these children. Those with a `data-key` become the ones that had it, others those at the same place. */
export const renew = (element, children) => {
  const focused = document.activeElement
  const keys = new Set(children.map(keyOf))
  const known = new Map()
  for (const child of Array.from(element.childNodes)) {
    const key = keyOf(child)
    if (key === undefined) continue
    if (keys.has(key)) known.set(key, child)
    else child.remove()
  }
  let at = element.firstChild
  for (const child of children) {
    const key = keyOf(child)
    const atPlace = at !== null && keyOf(at) === undefined ? at : undefined
    const old = key === undefined ? atPlace : known.get(key)
    known.delete(key)
    if (old?.nodeName !== child.nodeName) {
      element.insertBefore(child, at)
      continue
    }
    if (old === at) at = at.nextSibling
    else element.insertBefore(old, at)
    assume(old, child)
  }
  while (at !== null) {
    const next = at.nextSibling
    at.remove()
    at = next
  }
  // an element that is moved loses the focus
  if (focused !== document.activeElement && element.contains(focused)) focused.focus({ preventScroll: true })
}

const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }

/**
 * Makes many items one stop of the tab key: the arrow keys go on from there. `onKey` may take a key first, and says whether it
 * did. `settle` is to be called whenever the items have changed.
 */
export const roving = (container, selector, onKey = () => false) => {
  let current
  const items = () => Array.from(container.querySelectorAll(selector))
  const settle = () => {
    const all = items()
    const stop =
      all.find((item) => item === document.activeElement) ??
      all.find(({ dataset }) => dataset.key === current) ??
      all[0]
    for (const item of all) item.tabIndex = item === stop ? 0 : -1
  }
  const step = (by) => {
    const all = items()
    const from = all.findIndex((item) => item === document.activeElement)
    const to = all[Math.max(0, Math.min(all.length - 1, from + by))]
    to?.focus()
    to?.scrollIntoView({ block: "nearest" })
  }
  container.addEventListener("focusin", ({ target }) => {
    const item = target.closest(selector)
    if (item === null) return
    current = item.dataset.key
    settle()
  })
  container.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const item = event.target.closest(selector)
    if (item === null) return
    if (!onKey(event.key, item)) {
      const by = steps[event.key]
      if (by === undefined) return
      step(by)
    }
    event.preventDefault()
    event.stopPropagation()
  })
  return { settle, step }
}
