/**
 * The live fibers as the rows of a tree that folds, and the fibers that wait for the loop. Data in, data out: it runs in the worker.
 *
 * Fibers of one name and parent that wait for the same kind of thing are many and alike, so from the fourth on they are one row.
 */
import { ago, count, nameless } from "./words.js"

/** So many rows are shown at most. A guess at how many a person reads. */
export const mostRows = 400
const alike = 3

/** A job may hold its worker for less, in ms: workers are made for that. */
const longHoldMs = 50

const awaitedText = ({ awaits }, at) => {
  if (awaits === undefined) return ""
  const { detail, dueAt, job, kind, wakers } = awaits
  if (job !== undefined) return " for its job"
  if (dueAt !== undefined)
    return ` for a timer ${dueAt < at ? `overdue by ${ago(at - dueAt)}` : `due in ${ago(dueAt - at)}`}`
  const who =
    wakers === undefined || wakers.length === 0
      ? ""
      : ` of ${wakers
          .slice(0, 3)
          .map((id) => `#${id}`)
          .join(", ")}`
  return ` for ${kind}${who}${detail === undefined ? "" : ` (${detail})`}`
}

const joined = (facts) => facts.filter((fact) => fact !== undefined).join(" · ")

const factsOf = (fiber, at) =>
  joined([
    `${fiber.state}${fiber.since === undefined ? "" : ` ${ago(Math.max(0, at - fiber.since))}`}${awaitedText(fiber, at)}`,
    `self ${ago(fiber.selfMs)}`,
    count(fiber.slices, "slice"),
    fiber.note
  ])

/** The facts about a job that a fiber awaits, with the job's slices on its worker. */
const jobFacts = ({ heldMs = 0, longestMs, selfMs, since, slices, state, worker }, at) =>
  joined([
    `${state}${worker === undefined || state === "queued" ? "" : ` on worker ${worker}`} ${ago(Math.max(0, at - since))}`,
    selfMs === undefined ? undefined : `self ${ago(selfMs)}`,
    slices === undefined ? undefined : `${count(slices, "slice")}${longestMs > 0 ? `, ${ago(longestMs)} at most` : ""}`,
    heldMs < longHoldMs ? undefined : `no yield point for ${ago(heldMs)}`
  ])

/** The fibers that the filter finds, with all above them, since a tree shows those; `undefined`: all. */
const wantedOf = (fibers, byId, filter, hogId, at) => {
  if (filter === "") return undefined
  const wanted = new Set()
  for (const fiber of fibers) {
    const text = `${fiber.name ?? "fiber"} #${fiber.id} ${fiber.state}${awaitedText(fiber, at)} ${fiber.awaits?.job?.task ?? ""}${fiber.id === hogId ? " held" : ""}`
    if (!text.toLowerCase().includes(filter)) continue
    for (let one = fiber; one !== undefined && !wanted.has(one.id); one = byId.get(one.parentId)) wanted.add(one.id)
  }
  return wanted
}

/** The rows: `{ key, depth, state, who, what, folds, isFolded, isHog }`, and whether there are more than {@link mostRows}. */
export const rowsOf = (fibers, at, { filter, folded, hogId }) => {
  const byId = new Map(fibers.map((fiber) => [fiber.id, fiber]))
  const children = Map.groupBy(
    fibers.toSorted((a, b) => a.id - b.id),
    ({ parentId }) => (byId.has(parentId) ? parentId : undefined)
  )
  const wanted = wantedOf(fibers, byId, filter, hogId, at)
  const path = new Set()
  for (let one = byId.get(hogId); one !== undefined && !path.has(one.id); one = byId.get(one.parentId)) path.add(one.id)
  // the fiber that holds the loop comes first, and so do those above it
  const first = ({ id }) => (path.has(id) ? 0 : 1)
  const rows = []
  let isCut = false
  // no deeper than there are rows
  const walk = (siblings, depth) => {
    const ordered = path.size === 0 ? siblings : siblings.toSorted((a, b) => first(a) - first(b))
    const groups = Map.groupBy(ordered, ({ awaits, id, name, state }) =>
      children.has(id) || id === hogId ? id : `${name}|${state}|${awaits?.kind}`
    )
    for (const group of groups.values()) {
      const some = group.filter(({ id }) => wanted === undefined || wanted.has(id))
      for (const fiber of some.slice(0, alike)) {
        if (rows.length >= mostRows) {
          isCut = true
          return
        }
        const { awaits, id, name, state } = fiber
        const isHog = id === hogId
        const isFolded = folded.has(id)
        const what = `${isHog ? "holds the loop · " : ""}${factsOf(fiber, at)}`
        const who = `${name ?? "fiber"} #${id}`
        rows.push({ key: String(id), depth, state, who, what, folds: children.has(id), isFolded, isHog })
        if (awaits?.job !== undefined) {
          const { job } = awaits
          rows.push({
            key: `job of ${id}`,
            depth: depth + 1,
            state: job.state === "running" ? "running" : "ready",
            who: `job ${job.task}`,
            what: jobFacts(job, at),
            isJob: true
          })
        }
        if (!isFolded) walk(children.get(id) ?? [], depth + 1)
      }
      if (some.length > alike) {
        const others = some.slice(alike)
        const selfMs = others.reduce((sum, one) => sum + one.selfMs, 0)
        const what = `and ${count(others.length, "fiber")} more like ${others.length === 1 ? "it" : "them"} · self ${ago(selfMs)}`
        rows.push({ key: `like ${some[0].id}`, depth, state: others[0].state, what })
      }
    }
  }
  walk(children.get(undefined) ?? [], 0)
  return { rows, isCut, found: wanted?.size }
}

/** So many names of fibers that wait are told. */
const mostNames = 4

/**
 * The fibers that wait for a loop that is held: those that are ready and get no slice, and those whose timers are overdue at `at`.
 * Others may wait for those; they are not counted.
 */
export const waitingOf = (fibers, at, hogId) => {
  const others = fibers.filter(({ id }) => id !== hogId)
  const ready = others.filter(({ state }) => state === "ready")
  const overdue = others.filter(({ awaits, state }) => state === "waiting" && awaits?.dueAt < at)
  const names = Array.from(
    Map.groupBy([...ready, ...overdue], ({ name }) => name ?? nameless),
    ([name, { length }]) => ({ name, fibers: length })
  ).sort((a, b) => b.fibers - a.fibers)
  return {
    ready: ready.length,
    longestWaitMs: ready.reduce((most, { since = at }) => Math.max(most, at - since), 0),
    overdueTimers: overdue.length,
    longestLateMs: overdue.reduce((most, { awaits }) => Math.max(most, at - awaits.dueAt), 0),
    names: names.slice(0, mostNames),
    otherNames: Math.max(0, names.length - mostNames)
  }
}
