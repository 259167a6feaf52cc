/**
 * Stalls as one list, those that last first, and a stall as text for an issue.
 *
 * **Invariant.** The text holds what the page shows of the stall, and no more: no address and no token. Paths are relative to the
 * program's folder where the stall tells it, and a home folder loses its owner's name.
 */
import { ago, causeText, clock, count, nameless, placeText, plain, userFrames, whoText } from "./words.js"

/** A stall that is over or lasts, in one form. */
export const stallsOf = ({ open, recent }) => [
  ...open.map(({ ageMs, by, key, startedAt }) => ({ ...by, key: `open ${key}`, startedAt, ms: ageMs, isOpen: true })),
  ...recent
    .toReversed()
    .map(({ cause, durationMs, hog, id, ...rest }) => ({ ...rest, ...hog, key: `stall ${id}`, cause, ms: durationMs }))
]

/** "checkout, fiber #47" */
export const culpritText = (stall) =>
  `${whoText(stall)}${stall.name === undefined || stall.fiberId === undefined ? "" : `, fiber #${stall.fiberId}`}${stall.late ? ", in native code" : ""}`

/** "src/checkout.ts:17 in total" */
export const whereText = ({ place }) =>
  place === undefined ? "" : `${placeText(place)}${place.function === undefined ? "" : plain(` in ${place.function}`)}`

/** "22 fibers: 2 ready without a slice, 20 with an overdue timer; up to 13.8 s" */
export const waitingText = ({ longestLateMs, longestWaitMs, overdueTimers, ready }) =>
  ready + overdueTimers === 0
    ? "no fiber that is known"
    : `${count(ready + overdueTimers, "fiber")}: ${[
        ready > 0 ? `${ready} ready without a slice` : undefined,
        overdueTimers > 0 ? `${overdueTimers} with an overdue timer` : undefined
      ]
        .filter((part) => part !== undefined)
        .join(", ")}; up to ${ago(Math.max(longestWaitMs, longestLateMs))}`

/** Fibers that wait for a loop that is held, at a later moment: they have waited on since they were read. */
export const waitingAt = (waiting, at) => {
  const more = Math.max(0, at - waiting.at)
  return {
    ...waiting,
    longestWaitMs: waiting.ready > 0 ? waiting.longestWaitMs + more : 0,
    longestLateMs: waiting.overdueTimers > 0 ? waiting.longestLateMs + more : 0
  }
}

const partsText = ({ blockedMs, gcMs, noCoreMs, systemMs }) =>
  `garbage ${ago(gcMs)}, kernel ${ago(systemMs)}, blocked ${ago(blockedMs)}, without a core ${ago(noCoreMs)}`

/** The program's folder, if the stack shows where the stall's relative place lies; else nothing. */
const folderOf = (frames, place) => {
  if (place === undefined) return undefined
  for (const frame of frames) {
    const end = frame.indexOf(`/${place.file}:`)
    if (end >= 0) return frame.slice(Math.max(frame.lastIndexOf("(", end), frame.indexOf("at ") + 2) + 1, end + 1)
  }
  return undefined
}

/** A frame with paths instead of the URLs of files. */
const pathsOf = (frame) => plain(frame).replace(/file:\/\/(?:\/(?=[A-Za-z]:))?/g, "")

const framesOf = ({ place, stack }) => {
  const frames = stack === undefined ? [] : userFrames(stack).map(pathsOf)
  const folder = folderOf(frames, place)
  return frames.map((frame) =>
    (folder === undefined ? frame : frame.replaceAll(folder, "")).replace(
      /((?:^|[/\\(\s])(?:home|Users)[/\\])[^/\\]+/g,
      "$1~"
    )
  )
}

/** The facts about a stall: pairs of a term and its text. `waiting`: the fibers that wait for one that lasts, if they are known. */
export const factsOf = (stall, waiting) => {
  const { allowed, cause, isOpen, late, ms, parts, shares = [], slices, startedAt, victims, whole } = stall
  const costs = isOpen ? waiting : victims
  const facts = [
    ["culprit", culpritText(stall)],
    ["at", whereText(stall)],
    ["cause", causeText(cause)],
    ["from", `${clock(startedAt)}, for ${ago(ms)}${isOpen ? " so far" : ""}`],
    [isOpen ? "waiting" : "waited", costs && waitingText(costs)],
    ["slices", slices > 1 && String(slices)],
    ["shares", shares.length > 0 && shares.map(({ name, selfMs }) => `${name ?? nameless} ${ago(selfMs)}`).join(", ")],
    ["time", parts && partsText(parts)],
    ["allowed", allowed],
    ["compiled", whole && `\`${whole.name}\` has no yield points: ${whole.reason ?? "its module was not compiled"}`],
    ["stack", late && "taken after a native call had returned: it shows the code that ran next"]
  ]
  return facts.filter(([, text]) => typeof text === "string" && text !== "").map(([term, text]) => [term, plain(text)])
}

/** The fibers that waited for a stall that is over. */
const victimsOf = ({ victims }) =>
  (victims?.fibers ?? []).map(
    ({ fiberId, name, waitedFor, waitedMs }) =>
      `${plain(name ?? "fiber")} #${fiberId} waited ${ago(waitedMs)} for its ${waitedFor}`
  )

/** What a stall left: its stack and its victims, line by line. */
export const linesOf = (stall) => ({ frames: framesOf(stall), victims: victimsOf(stall) })

export const titleOf = (stall) =>
  `${whoText(stall)} ${stall.isOpen ? "has held" : "held"} the event loop for ${ago(stall.ms)}`

/** A stall as text for an issue. A fence keeps names from being read as Markdown: each line begins with a word of this page. */
export const issueText = (stall, { giveway, node, program }, waiting) => {
  const { frames, victims } = linesOf(stall)
  const facts = [
    ...factsOf(stall, waiting).map(([term, text]) =>
      term === "from" ? [term, text.replace(/^\S+(?=,)/, new Date(stall.startedAt).toISOString())] : [term, text]
    ),
    ["program", plain(program)],
    ["versions", `giveway ${plain(giveway ?? "unknown")}, node ${plain(node)}`]
  ]
  const block = (title, lines) => (lines.length === 0 ? [] : ["", title, ...lines.map((line) => `    ${line}`)])
  return [
    "```text",
    titleOf(stall),
    "",
    ...facts.map(([term, text]) => `${term.padEnd(9)} ${text}`),
    ...block("stack", frames.length === 0 ? ["none of the program was sampled in it"] : frames),
    ...block("fibers that waited longest", victims),
    "```",
    ""
  ].join("\n")
}
