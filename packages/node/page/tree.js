/**
 * Shows the rows of the fibers, as a tree for screen readers and keyboards: one stop of the tab key, ↑ ↓ between rows, → unfolds, ←
 * folds or goes to the parent.
 */
import { make, renew, roving } from "./dom.js"

export class Tree {
  folded = new Set()

  /** `onFold` takes the ids of the fibers whose children are folded. */
  constructor(element, onFold) {
    this.element = element
    const turn = (row) => {
      const id = Number(row.dataset.key)
      if (!this.folded.delete(id)) this.folded.add(id)
      onFold(this.folded)
    }
    this.stops = roving(element, "[role=treeitem]", (key, row) => {
      const folded = row.getAttribute("aria-expanded")
      if (key === "Enter" || key === " ") {
        if (folded !== null) turn(row)
        return true
      }
      if (key === "ArrowRight") {
        if (folded === "false") turn(row)
        else if (folded === "true") this.stops.step(1)
        return true
      }
      if (key !== "ArrowLeft") return false
      if (folded === "true") turn(row)
      else this.parentOf(row)?.focus()
      return true
    })
    element.addEventListener("click", ({ target }) => {
      const row = target.closest("[aria-expanded]")
      if (row !== null && target.closest(".fold") !== null) turn(row)
    })
  }

  parentOf(row) {
    const level = Number(row.getAttribute("aria-level"))
    for (let one = row.previousElementSibling; one !== null; one = one.previousElementSibling) {
      if (Number(one.getAttribute("aria-level")) < level) return one
    }
    return undefined
  }

  show(rows) {
    renew(this.element, rows.map(rowOf))
    this.stops.settle()
  }
}

const rowOf = ({ depth, folds, isFolded, isHog, isJob, key, state, what, who }) => {
  const row = make(
    "div",
    {
      role: "treeitem",
      class: `row${isHog ? " hog" : ""}${isJob ? " job" : ""}`,
      "aria-level": depth + 1,
      "aria-expanded": folds ? String(!isFolded) : undefined,
      "data-state": state,
      "data-key": key
    },
    make("span", { class: "fold", "aria-hidden": "true" }, folds ? (isFolded ? "▸" : "▾") : ""),
    make("span", { class: "state" }),
    who === undefined ? undefined : make("span", { class: "who" }, who),
    make("span", { class: "what" }, what)
  )
  row.style.paddingLeft = `${Math.min(depth, 24) * 16}px`
  return row
}
