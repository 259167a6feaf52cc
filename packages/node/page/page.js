/**
 * The page of a served process. Overviews come as server-sent events, twice a second; the fibers are fetched every two
 * seconds while the page is visible. Both come from a thread of their own, so the page goes on while the program is stuck.
 */
import { Flame } from "./flame.js"
import { Lanes } from "./lanes.js"
import { Timeline } from "./timeline.js"
import { Tree } from "./tree.js"
import { ago, clock, make, nameless, percent, placeText, plain, userFrames, whoText } from "./words.js"

const $ = (id) => document.getElementById(id)

/** A dump of more fibers would keep the watched thread busy, so it is not fetched. */
const mostFibers = 5000
const dumpEveryMs = 2000
const lintEveryMs = 5000

let before
let latest
let paused = false
let selected = -1
let stalls = []
let dumpedAt = 0
let lintedAt = 0

const timeline = new Timeline($("timeline"), $("tip"), (stall) => openStall(stall))
const flame = new Flame($("flame"), $("flame-hint"))
const tree = new Tree($("fibers"), $("fibers-hint"))
const lanes = new Lanes($("lanes"), $("pool-hint"))

/** The longest wait of 99 % of the slices that were queued since the overview before, in ms. */
const delayOf = (from, to) => {
  const bounds = [...to.delayBoundsMs, Infinity]
  const sum = ({ usage }, bucket) => usage.reduce((total, { runDelays }) => total + runDelays[bucket], 0)
  const counts = bounds.map((_, bucket) => sum(to, bucket) - sum(from, bucket))
  const total = counts.reduce((a, b) => a + b, 0)
  let below = 0
  const bucket = counts.findIndex((count) => (below += count) >= total * 0.99)
  return total <= 0 ? 0 : Math.min(bounds[bucket], to.delayBoundsMs.at(-1))
}

/** The usage of each name, and its share of the time since the overview before. */
const namesOf = (from, to) => {
  const known = new Map(from.usage.map(({ name, selfMs }) => [name, selfMs]))
  const elapsed = Math.max(1, to.at - from.at)
  return to.usage.map((one) => ({
    ...one,
    now: Math.min(1, Math.max(0, one.selfMs - (known.get(one.name) ?? 0)) / elapsed)
  }))
}

const showLoop = ({ loop }) => {
  $("loop").dataset.state = loop.state
  const held = loop.state === "held"
  $("loop-state").textContent = held ? `The loop has been held for ${ago(loop.heldMs)}` : "The loop turns"
  $("loop-by").textContent = held ? `by ${whoText(loop.by)}${loop.by.late ? ", in native code" : ""}` : ""
  $("loop-place").textContent = held ? placeText(loop.by.place) : ""
  document.title = held ? `■ held · ${latest.process.program}` : `${latest.process.program} · giveway`
}

const showProcess = ({ at, process: { node, pid, program, startedAt } }) => {
  $("process").replaceChildren(make("b", {}, program), `  process ${pid} · node ${node} · up ${ago(at - startedAt)}`)
}

const showNames = (names, hog) => {
  const rows = names.slice(0, 60).map((one) => {
    const meter = make("span", { class: "meter" }, make("i"))
    meter.firstChild.style.width = `${one.now * 100}%`
    return make(
      "tr",
      { class: hog !== undefined && one.name === hog ? "hog" : "" },
      make("td", { class: "name", title: one.name }, one.name ?? nameless),
      make("td", { class: "number" }, meter, make("span", { class: "share" }, percent(one.now))),
      make("td", { class: "number" }, ago(one.selfMs)),
      make("td", { class: "number" }, one.slices.toLocaleString("en")),
      make("td", { class: "number" }, ago(one.longestMs)),
      make("td", { class: "number" }, one.runDelayP99Ms === undefined ? "–" : ago(one.runDelayP99Ms))
    )
  })
  document.querySelector("#names tbody").replaceChildren(...rows)
}

const endedStall = ({ cause, durationMs, hog, ...rest }) => ({ ...rest, ...hog, cause, ms: durationMs })

const stallsOf = ({ open, recent }) => [
  ...open.map(({ ageMs, by, startedAt }) => ({ ...by, startedAt, ms: ageMs, isOpen: true })),
  ...recent.toReversed().map(endedStall)
]

const showStalls = () => {
  $("stalls-hint").textContent = stalls.length === 0 ? "" : `the last ${stalls.length}`
  if (stalls.length === 0) return $("stalls").replaceChildren(make("li", { class: "none" }, "", "", "none so far"))
  const rows = stalls.map((stall, index) => {
    const row = make(
      "li",
      { class: stall.isOpen ? "open" : "", "aria-selected": index === selected },
      make("span", { class: "at" }, clock(stall.startedAt)),
      make("span", { class: "for" }, ago(stall.ms)),
      make(
        "span",
        {},
        whoText(stall),
        make("span", { class: "cause" }, stall.cause),
        make("span", { class: "where mono" }, placeText(stall.place))
      )
    )
    row.addEventListener("click", () => openStall(stall))
    return row
  })
  $("stalls").replaceChildren(...rows)
}

const openStall = (stall) => {
  const { allowed, isOpen, late, ms, parts, shares = [], slices, stack, startedAt, victims } = stall
  $("details-title").textContent = `${whoText(stall)} ${isOpen ? "has held" : "held"} the loop for ${ago(ms)}`
  const facts = [
    `${stall.cause}, from ${clock(startedAt)}${slices === undefined ? "" : `, ${slices} slices`}`,
    stall.place &&
      `at ${placeText(stall.place)}${stall.place.function === undefined ? "" : ` in ${stall.place.function}`}`,
    allowed && `it was allowed: ${allowed}`,
    parts &&
      `garbage ${ago(parts.gcMs)}, kernel ${ago(parts.systemMs)}, blocked ${ago(parts.blockedMs)}, without a core ${ago(parts.noCoreMs)}`,
    shares.length > 0 && shares.map(({ name, selfMs }) => `${name ?? nameless} ${ago(selfMs)}`).join(", "),
    victims &&
      victims.ready > 0 &&
      `${victims.ready} fibers were ready and waited, ${ago(victims.longestWaitMs)} at most`,
    late && "the stack was taken after a native call had returned: it shows the code that ran next"
  ]
  const frames = stack === undefined ? [] : userFrames(stack)
  const waited = (victims?.fibers ?? []).map(
    ({ fiberId, name, waitedFor, waitedMs }) =>
      `${plain(name ?? "fiber")} #${fiberId} waited ${ago(waitedMs)} for its ${waitedFor}`
  )
  $("details-body").replaceChildren(
    ...facts.filter((fact) => fact !== undefined && fact !== false).map((fact) => make("p", {}, fact)),
    make("pre", {}, frames.length === 0 ? "no stack of the program was sampled in it" : frames.join("\n")),
    waited.length === 0 ? "" : make("pre", {}, waited.join("\n"))
  )
  $("details").showModal()
}

const showLints = async () => {
  const { lints } = await (await fetch("/lints")).json()
  $("lints-section").hidden = lints === null || lints.length === 0
  const rows = (lints ?? []).map(({ fix, lint, message }) =>
    make("li", {}, make("b", {}, lint), make("span", {}, message), make("span", { class: "fix" }, fix))
  )
  $("lints").replaceChildren(...rows)
}

const showFibers = async () => {
  const { fibers, loop } = await (await fetch("/fibers")).json()
  if (fibers === null || fibers === undefined) return
  const hogId = loop.state === "held" ? loop.by.fiberId : undefined
  tree.show(fibers, hogId)
  flame.show(fibers.fibers, hogId)
}

const receive = (overview) => {
  before = latest
  latest = overview
  showProcess(overview)
  showLoop(overview)
  const { at, loop, pool, source, statistics, working } = overview
  $("source").textContent = source.from === "memory" ? `fibers and pool as of ${ago(source.ageMs)} ago` : ""
  stalls = stallsOf(overview)
  if (before !== undefined) {
    const names = namesOf(before, overview)
    const busy =
      loop.state === "held"
        ? 1
        : Math.min(
            1,
            names.reduce((sum, { now }) => sum + now, 0)
          )
    const delayMs = delayOf(before, overview)
    timeline.add({ at, busy, delayMs }, stalls)
    $("now").replaceChildren(
      make("b", {}, percent(busy)),
      " busy · run delay ",
      make("b", {}, delayMs === 0 ? "–" : ago(delayMs)),
      " · ",
      make("b", {}, String(statistics?.liveFibers ?? "?")),
      " fibers"
    )
    showNames(names, loop.state === "held" ? loop.by.name : undefined)
  }
  showStalls()
  lanes.add(at, pool, working)
  if (at - dumpedAt < dumpEveryMs || document.hidden || (statistics?.liveFibers ?? 0) > mostFibers) return
  dumpedAt = at
  showFibers().catch(() => {})
  if (at - lintedAt < lintEveryMs) return
  lintedAt = at
  showLints().catch(() => {})
}

const showUnknown = (why) => {
  $("loop").dataset.state = "unknown"
  $("loop-state").textContent = why
  $("loop-by").textContent = ""
  $("loop-place").textContent = ""
}

const noResponse = "The process does not respond: it has ended, or cannot be reached"

/** An `EventSource` does not tell why it was refused, so that is asked once more. */
const refusalOf = async () => {
  const response = await fetch("/events")
  if (response.status === 200) {
    await response.body.cancel()
    return "The process was busy, and is asked again"
  }
  const { error } = await response.json()
  return `The process refuses to send: ${error}`
}

const againMs = 5000

const listen = () => {
  const events = new EventSource("/events")
  events.addEventListener("overview", ({ data }) => {
    if (!paused) receive(JSON.parse(data))
  })
  events.addEventListener("error", () => {
    // it connects again by itself
    if (events.readyState !== EventSource.CLOSED) return showUnknown(noResponse)
    setTimeout(listen, againMs)
    refusalOf()
      .catch(() => noResponse)
      .then(showUnknown)
  })
}
listen()

const setPaused = (value) => {
  paused = value
  $("pause").setAttribute("aria-pressed", String(paused))
  $("pause").textContent = paused ? "resume" : "pause"
}

const turnTheme = () => {
  const root = document.documentElement
  const dark =
    root.dataset.theme === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : root.dataset.theme === "dark"
  root.dataset.theme = dark ? "light" : "dark"
  localStorage.setItem("giveway-theme", root.dataset.theme)
  timeline.draw()
}

const select = (index) => {
  selected = Math.max(0, Math.min(index, stalls.length - 1))
  showStalls()
  $("stalls").children[selected]?.scrollIntoView({ block: "nearest" })
}

const keys = {
  p: () => setPaused(!paused),
  t: turnTheme,
  j: () => select(selected + 1),
  k: () => select(selected - 1),
  ArrowDown: () => select(selected + 1),
  ArrowUp: () => select(selected - 1),
  Enter: () => stalls[selected] !== undefined && openStall(stalls[selected]),
  "/": () => $("filter").focus()
}

addEventListener("keydown", (event) => {
  if (event.target === $("filter")) {
    if (event.key === "Escape") $("filter").blur()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLButtonElement || $("details").open)
    return
  const act = keys[event.key]
  if (act === undefined) return
  event.preventDefault()
  act()
})

$("filter").addEventListener("input", ({ target }) => {
  tree.filter = target.value.trim().toLowerCase()
  if (tree.shown !== undefined) tree.show(...tree.shown)
})
$("pause").addEventListener("click", () => setPaused(!paused))
$("theme").addEventListener("click", turnTheme)
document.documentElement.dataset.theme = localStorage.getItem("giveway-theme") ?? ""
if (document.documentElement.dataset.theme === "") delete document.documentElement.dataset.theme
