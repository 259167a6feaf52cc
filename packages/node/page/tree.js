/**
 * The live fibers as a tree that folds. Fibers of one name and parent that wait for the same kind of thing are many and
 * alike, so from the fourth on they are one row.
 */
import { ago, make } from "./words.js"

/** So many rows are shown at most. A guess at how many a person reads. */
const mostRows = 400
const alike = 3

/** A job may hold its worker for less, in ms: workers are made for that. */
const longHoldMs = 50

const awaitedText = ({ awaits }) => {
  if (awaits === undefined) return ""
  const { detail, job, kind, wakers } = awaits
  if (job !== undefined) return " for its job"
  const who =
    wakers === undefined || wakers.length === 0
      ? ""
      : ` of ${wakers
          .slice(0, 3)
          .map((id) => `#${id}`)
          .join(", ")}`
  return ` for ${kind}${who}${detail === undefined ? "" : ` (${detail})`}`
}

const factsOf = (fiber, at) =>
  [
    `${fiber.state}${fiber.since === undefined ? "" : ` ${ago(at - fiber.since)}`}${awaitedText(fiber)}`,
    `self ${ago(fiber.selfMs)}`,
    `${fiber.slices} slices`,
    fiber.note
  ]
    .filter((fact) => fact !== undefined)
    .join(" · ")

/** A row, indented by the depth of its fiber. */
const indented = (depth, attributes, ...children) => {
  const row = make("div", attributes, ...children)
  row.style.paddingLeft = `${Math.min(depth, 24) * 16}px`
  return row
}

export class Tree {
  folded = new Set()
  filter = ""

  constructor(element, hint) {
    this.element = element
    this.hint = hint
  }

  show({ fibers, takenAt }, hogId) {
    this.shown = [{ fibers, takenAt }, hogId]
    const byId = new Map(fibers.map((fiber) => [fiber.id, fiber]))
    const children = Map.groupBy(
      fibers.toSorted((a, b) => a.id - b.id),
      ({ parentId }) => (byId.has(parentId) ? parentId : undefined)
    )
    const wanted = this.wanted(fibers, byId, hogId)
    const rows = []
    const walk = (siblings, depth) => {
      const groups = Map.groupBy(siblings, ({ awaits, id, name, state }) =>
        children.has(id) || id === hogId ? id : `${name}|${state}|${awaits?.kind}`
      )
      for (const group of groups.values()) {
        const some = group.filter(({ id }) => wanted === undefined || wanted.has(id))
        for (const fiber of some.slice(0, alike)) {
          if (rows.length >= mostRows) return
          rows.push(this.row(fiber, depth, takenAt, children.has(fiber.id), fiber.id === hogId))
          if (fiber.awaits?.job !== undefined) rows.push(this.job(fiber.awaits.job, depth + 1, takenAt))
          if (!this.folded.has(fiber.id)) walk(children.get(fiber.id) ?? [], depth + 1)
        }
        if (some.length > alike) rows.push(this.more(some.slice(alike), depth))
      }
    }
    walk(children.get(undefined) ?? [], 0)
    const scrolled = this.element.scrollTop
    this.element.replaceChildren(...rows)
    this.element.scrollTop = scrolled
    this.hint.textContent = `${fibers.length} live`
  }

  /** The fibers that match the filter, with all above them. */
  wanted(fibers, byId, hogId) {
    if (this.filter === "") return undefined
    const wanted = new Set()
    for (const fiber of fibers) {
      const text = `${fiber.name ?? ""} #${fiber.id} ${fiber.state}${awaitedText(fiber)} ${fiber.awaits?.job?.task ?? ""}${fiber.id === hogId ? " held" : ""}`
      if (!text.toLowerCase().includes(this.filter)) continue
      for (let one = fiber; one !== undefined && !wanted.has(one.id); one = byId.get(one.parentId)) wanted.add(one.id)
    }
    return wanted
  }

  row(fiber, depth, takenAt, folds, isHog) {
    const isFolded = this.folded.has(fiber.id)
    const fold = make(
      "button",
      { type: "button", class: "fold", tabindex: folds ? 0 : -1, "aria-expanded": folds ? !isFolded : undefined },
      folds ? (isFolded ? "▸" : "▾") : ""
    )
    fold.addEventListener("click", () => {
      if (!this.folded.delete(fiber.id)) this.folded.add(fiber.id)
      this.show(...this.shown)
    })
    return indented(
      depth,
      { class: isHog ? "row hog" : "row", "data-state": fiber.state },
      fold,
      make("span", { class: "state" }),
      make("span", { class: "who" }, `${fiber.name ?? "fiber"} #${fiber.id}`),
      make("span", { class: "what" }, `${isHog ? "holds the loop · " : ""}${factsOf(fiber, takenAt)}`)
    )
  }

  /** The row of a job that a fiber awaits, with the job's slices on its worker. */
  job({ heldMs = 0, longestMs, selfMs, since, slices, state, task, worker }, depth, takenAt) {
    const facts = [
      `${state}${worker === undefined || state === "queued" ? "" : ` on worker ${worker}`} ${ago(Math.max(0, takenAt - since))}`,
      selfMs === undefined ? undefined : `self ${ago(selfMs)}`,
      slices === undefined ? undefined : `${slices} slices${longestMs > 0 ? `, ${ago(longestMs)} at most` : ""}`,
      heldMs < longHoldMs ? undefined : `no yield point for ${ago(heldMs)}`
    ]
    return indented(
      depth,
      { class: "row job", "data-state": state === "running" ? "running" : "ready" },
      make("span", { class: "fold" }),
      make("span", { class: "state" }),
      make("span", { class: "who" }, `job ${task}`),
      make("span", { class: "what" }, facts.filter((fact) => fact !== undefined).join(" · "))
    )
  }

  more(fibers, depth) {
    const selfMs = fibers.reduce((sum, one) => sum + one.selfMs, 0)
    return indented(
      depth,
      { class: "row", "data-state": fibers[0].state },
      make("span", { class: "fold" }),
      make("span", { class: "state" }),
      make("span", { class: "what" }, `and ${fibers.length} more like it · self ${ago(selfMs)}`)
    )
  }
}
