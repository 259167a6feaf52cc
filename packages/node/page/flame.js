/** Draws the bars of the live fibers. A press makes a bar the whole width; on the first bar it goes back up. */
import { make, renew, roving } from "./dom.js"
import { ago, colourOf } from "./words.js"

const rowHeight = 23

export class Flame {
  /** the path of each bar that is shown */
  paths = new Map()

  /** `onPath` takes the path of the names that are to have the whole width. */
  constructor(element, onPath) {
    this.element = element
    this.stops = roving(element, "button")
    element.addEventListener("click", ({ target }) => {
      const bar = target.closest("button")
      if (bar === null) return
      const path = this.paths.get(bar.dataset.key)
      onPath(bar.dataset.depth === "0" ? path.slice(0, -1) : path)
    })
  }

  show(bars) {
    this.paths = new Map(bars.map(({ key, path }) => [key, path]))
    const deepest = bars.reduce((most, { depth }) => Math.max(most, depth), 0)
    renew(this.element, bars.map(barOf))
    this.element.style.height = `${(deepest + 1) * rowHeight}px`
    this.stops.settle()
  }
}

const barOf = ({ count, depth, from, isHog, key, name, selfMs, totalMs, width }) => {
  const text = `${name}${count > 1 ? ` ×${count}` : ""}  ${ago(totalMs)}`
  const title = `${text}\nitself ${ago(selfMs)}${isHog ? "\nholds the loop" : ""}`
  const bar = make("button", { type: "button", class: isHog ? "hog" : "", title, "data-depth": depth }, text)
  // a key is compared, not shown
  bar.dataset.key = key
  bar.style.left = `${from * 100}%`
  bar.style.width = `calc(${width * 100}% - 1px)`
  bar.style.top = `${depth * rowHeight}px`
  if (!isHog) bar.style.background = depth === 0 ? "var(--faint)" : colourOf(name)
  return bar
}
