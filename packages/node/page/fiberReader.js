/**
 * The worker of the page: it takes dumps apart. One of 100,000 fibers has 20 MB, which would keep the page from answering its
 * reader for a second.
 */
import { barsOf } from "./flameBars.js"
import { rowsOf, waitingOf } from "./fiberTree.js"

const decoder = new TextDecoder()

/** The last dump: its fibers without Giveway's own, and its answer's head. */
let last
let view = { filter: "", folded: new Set(), path: [] }

const read = (text) => {
  const { fibers: dump, loop, source } = JSON.parse(decoder.decode(text))
  if (dump === null || dump === undefined) return
  const fibers = dump.fibers.filter(({ own }) => own !== true)
  const hogId = loop.state === "held" ? loop.by.fiberId : undefined
  last = { fibers, takenAt: dump.takenAt, left: dump.left, hogId, loop, source }
}

addEventListener("message", ({ data: { text, view: changed } }) => {
  if (text !== undefined) read(text)
  view = { ...view, ...changed }
  if (last === undefined) return postMessage({ isNothing: true })
  const { fibers, hogId, left, loop, source, takenAt } = last
  // a dump from before the hold tells as well which timers are overdue by now
  const at = Math.max(takenAt, loop.at ?? 0)
  postMessage({
    tree: rowsOf(fibers, takenAt, { ...view, hogId }),
    bars: barsOf(fibers, view.path, hogId),
    waiting: loop.state === "held" ? { ...waitingOf(fibers, at, hogId), since: loop.since, at } : undefined,
    live: fibers.length,
    takenAt,
    left: left?.fibers ?? 0,
    source
  })
})
