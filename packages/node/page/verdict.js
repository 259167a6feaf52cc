/**
 * The first thing on the page: whether anything is starved now, the holder of the loop, since when, at which line, and the fibers that it
 * costs time. Data in, data out.
 */
import { causeText, ago, clock, count, percent, plain, whoText } from "./words.js"
import { culpritText, titleOf, waitingAt, waitingText, whereText } from "./stalls.js"

/** A job that holds its worker for longer, in ms, starves those behind it. A guess at what a person calls long. */
const longWorkMs = 1000

const namesText = ({ names, otherNames }) =>
  names.length === 0
    ? ""
    : ` (${names.map(({ fibers, name }) => `${name}${fibers > 1 ? ` ×${fibers}` : ""}`).join(", ")}${otherNames > 0 ? ` and ${count(otherNames, "other name")}` : ""})`

const waitingNow = (waiting, loop, unread) => {
  // those of another hold are over
  if (waiting !== undefined && Math.abs(waiting.since - loop.since) < 1000) {
    return waitingText(waitingAt(waiting, loop.at)) + namesText(waiting)
  }
  return unread ? "so many fibers are read when you ask: see Fibers" : "asking for the fibers …"
}

const held = ({ loop }, waiting, unread) => ({
  state: "held",
  title: `The loop has been held for ${ago(loop.heldMs)}`,
  facts: [
    ["by", culpritText(loop.by)],
    ["at", loop.by.place === undefined ? "no line of the program has been seen yet" : whereText(loop.by)],
    ["since", clock(loop.since)],
    ["cause", causeText(loop.by.cause)],
    ["waiting", waitingNow(waiting, loop, unread)]
  ],
  said: `The event loop is held by ${culpritText(loop.by)}${loop.by.place === undefined ? "" : `, at ${whereText(loop.by)}`}`
})

const workersHeld = ({ pool, working }) => {
  const waits = pool === undefined ? 0 : pool.queued + pool.lanes.reduce((sum, { ahead }) => sum + ahead, 0)
  const held = working.filter(({ heldMs }) => heldMs >= longWorkMs)
  if (waits === 0 || held.length === 0) return undefined
  return {
    state: "waiting",
    title: `The loop turns, but ${count(waits, "job")} wait${waits === 1 ? "s" : ""} for a worker`,
    facts: held.map(({ heldMs, task, worker }) => [
      `worker ${worker}`,
      plain(`${task} has had no yield point for ${ago(heldMs)}`)
    ]),
    said: "Jobs wait for a worker"
  }
}

const slow = ({ thresholdMs }, delayMs, names) => {
  if (delayMs < thresholdMs) return undefined
  const [busiest] = names.toSorted((a, b) => b.now - a.now)
  return {
    state: "waiting",
    title: `The loop turns, but fibers wait up to ${ago(delayMs)} for a slice`,
    facts: busiest === undefined ? [] : [["busiest", plain(`${busiest.name ?? "(no span)"}, ${percent(busiest.now)}`)]],
    said: `Fibers wait longer than ${ago(thresholdMs)} for a slice`
  }
}

const turning = ({ at, thresholdMs }, [last]) => ({
  state: "turning",
  title: "The loop turns: nothing is starved",
  facts: [
    last === undefined
      ? ["stalls", `none so far: the loop was never held for ${ago(thresholdMs)}`]
      : [
          "last stall",
          `${titleOf(last)}${last.place === undefined ? "" : ` at ${whereText(last)}`}, ${ago(Math.max(0, at - last.startedAt - last.ms))} ago`
        ]
  ],
  said: "Nothing is starved"
})

/**
 * `{ state, title, facts, said, stall }`: `said` is for screen readers, and the same until something happens; `stall` is the one that the
 * buttons are about.
 */
export const verdictOf = ({ delayMs, names, overview, stalls, unread, waiting }) => {
  const { loop } = overview
  if (loop.state === "held") {
    // the stall of this hold, as it is listed
    const stall = stalls.find(({ isOpen }) => isOpen) ?? {
      ...loop.by,
      startedAt: loop.since,
      ms: loop.heldMs,
      isOpen: true
    }
    return { ...held(overview, waiting, unread), stall }
  }
  const verdict = workersHeld(overview) ?? slow(overview, delayMs, names) ?? turning(overview, stalls)
  return { ...verdict, stall: stalls[0] }
}

/** "■ held by checkout · served.ts" */
export const tabText = ({ loop, process: { program } }) =>
  loop.state === "held" ? `■ held by ${whoText(loop.by)} · ${plain(program)}` : `${plain(program)} · giveway`
