/**
 * The pool: a lane for each worker, with its jobs of the last minute.
 */
import { make } from "./dom.js"
import { sharp } from "./timeline.js"
import { ago, inkOf, count, ink, percent, plain } from "./words.js"

const spanMs = 60_000

/** A job may hold its worker for less, in ms: workers are made for that. */
const longHoldMs = 50

export class Lanes {
  /** the jobs of each worker, with their times */
  history = []
  rows = new Map()

  constructor(element, hint) {
    this.element = element
    this.hint = hint
  }

  add(at, pool, working) {
    if (pool === undefined) {
      this.hint.textContent = "none in this process"
      this.clear()
      return
    }
    const { completed, failed, killed, lanes, maxWorkers, queued, suspended } = pool
    this.hint.textContent = `${count(maxWorkers, "worker")} at most · ${queued} queued${suspended > 0 ? ` · ${suspended} suspended` : ""} · ${completed} done · ${failed} failed · ${killed} killed`
    this.history.push({
      at,
      tasks: new Map(lanes.map(({ phase, task, worker }) => [worker, phase === "busy" ? task : undefined]))
    })
    while (this.history[0].at < at - spanMs) this.history.shift()
    for (const lane of lanes)
      this.lane(
        lane,
        at,
        working.find(({ worker }) => worker === lane.worker)
      )
    for (const [worker, row] of this.rows) {
      if (lanes.some((lane) => lane.worker === worker)) continue
      row.element.remove()
      this.rows.delete(worker)
    }
  }

  /** Forgets everything: another process answers. */
  clear() {
    this.history = []
    this.rows.clear()
    this.element.replaceChildren()
  }

  /** The share of the last minute in which a worker had a job, in words. */
  textOf(worker) {
    const busy = this.history.filter(({ tasks }) => tasks.get(worker) !== undefined).length
    return `Worker ${worker} had a job for ${percent(busy / this.history.length)} of the last minute`
  }

  lane({ ahead, forMs, phase, task, worker }, now, work) {
    let row = this.rows.get(worker)
    if (row === undefined) {
      const canvas = make("canvas", { role: "img" })
      const what = make("span", { class: "what" })
      const held = make("span", { class: "held" })
      row = {
        canvas,
        what,
        held,
        element: make("li", { class: "lane" }, make("span", { class: "id" }, `#${worker}`), canvas, what, held)
      }
      this.rows.set(worker, row)
      this.element.append(row.element)
    }
    const waiting = ahead > 0 ? `, ${ahead} ahead` : ""
    row.what.textContent =
      task === undefined ? phase : `${plain(task)} ${forMs === undefined ? "" : ago(forMs)}${waiting}`
    // from the worker's own board, so also while the main thread is stuck
    if (work !== undefined) {
      row.what.textContent = `${plain(work.task)} ${ago(Math.max(0, now - work.since))}${waiting}`
      row.what.title = `self ${ago(work.selfMs)} in ${work.slices} slices, ${ago(work.longestMs)} at most`
    } else row.what.removeAttribute("title")
    const isHeld = work !== undefined && work.heldMs >= longHoldMs
    row.held.textContent = isHeld ? `no yield point for ${ago(work.heldMs)}` : ""
    row.canvas.setAttribute("aria-label", this.textOf(worker))
    const { context, height, width } = sharp(row.canvas)
    const x = (at) => width * (1 - (now - at) / spanMs)
    this.history.forEach(({ at, tasks }, index) => {
      const ran = tasks.get(worker)
      if (ran === undefined) return
      const from = x(this.history[index - 1]?.at ?? at - 500)
      context.fillStyle = inkOf(ran)
      context.fillRect(Math.floor(from), 4, Math.ceil(x(at)) - Math.floor(from), height - 8)
    })
    context.fillStyle = ink("line")
    context.fillRect(width - 1, 0, 1, height)
  }
}
