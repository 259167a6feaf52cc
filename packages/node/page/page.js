/**
 * The page of a served process. Overviews come as server-sent events, twice a second; the fibers are fetched every two
 * seconds while the page is visible. Both come from a thread of their own, so the page goes on while the program is stuck.
 *
 * Dumps are taken apart in a worker, `fiberReader.js`.
 */
import { announce, copy } from "./reader.js"
import { $, make, renew, roving } from "./dom.js"
import { Flame } from "./flame.js"
import { Lanes } from "./lanes.js"
import { factsOf, issueText, linesOf, stallsOf, titleOf, waitingAt } from "./stalls.js"
import { Timeline } from "./timeline.js"
import { Tree } from "./tree.js"
import { tabText, verdictOf } from "./verdict.js"
import { ago, clock, count, nameless, percent, placeText, plain, turnTheme, whoText } from "./words.js"

/** A dump of more fibers would keep the watched thread busy, so it is fetched when the reader asks. */
const mostFibers = 5000
const dumpEveryMs = 2000
const lintEveryMs = 5000

/** The watched thread dumps so many fibers in a millisecond. A guess, for the word about it. */
const fibersPerMs = 100

let before
let latest
let paused = false
let stalls = []
let dumpedAt = 0
let lintedAt = 0
/** what the last dump told of the fibers that wait for a loop that is held */
let waiting

/** Chromium and others ask for a policy of the page before it may start a worker. */
const scripts = globalThis.trustedTypes?.createPolicy("giveway", { createScriptURL: (url) => url })
const fiberReader = new Worker(scripts?.createScriptURL("/fiberReader.js") ?? "/fiberReader.js", { type: "module" })

const timeline = new Timeline($("timeline"), $("tip"), (stall) => openStall(stall))
const flame = new Flame($("flame"), (path) => fiberReader.postMessage({ view: { path } }))
const tree = new Tree($("fibers"), (folded) => fiberReader.postMessage({ view: { folded } }))
const lanes = new Lanes($("lanes"), $("pool-hint"))
const stallStops = roving($("stalls"), "button")

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
  // a name that was among the others before has no beginning to count from
  const begins = (from.namesLeftOut ?? 0) > 0 ? undefined : 0
  return to.usage.map((one) => ({
    ...one,
    now: Math.min(1, Math.max(0, one.selfMs - (known.get(one.name) ?? begins ?? one.selfMs)) / elapsed)
  }))
}

const showVerdict = (delayMs, names) => {
  const unread = isLarge()
  const { facts, said, stall, state, title } = verdictOf({ delayMs, names, overview: latest, stalls, unread, waiting })
  showState(state, title, facts)
  $("loop-tools").hidden = stall === undefined
  aboutStall = stall
  document.title = tabText(latest)
  announce(said)
}

/** The stall that the buttons below the verdict are about. */
let aboutStall

const showState = (state, title, facts = []) => {
  $("loop").dataset.state = state
  $("loop-state").textContent = title
  renew(
    $("loop-facts"),
    facts.map(([term, text]) =>
      make("div", { "data-term": term }, make("dt", {}, term), make("dd", { class: term === "at" ? "mono" : "" }, text))
    )
  )
}

const showProcess = ({ at, process: { node, pid, program, startedAt } }) =>
  renew($("process"), [
    make("b", {}, program),
    make("span", {}, `process ${pid} · node ${node} · up ${ago(at - startedAt)}`)
  ])

const rowOfName = (hog) => (one, index) => {
  const meter = make("span", { class: "meter" }, make("i"))
  meter.firstChild.style.width = `${one.now * 100}%`
  return make(
    "tr",
    { class: hog !== undefined && one.name === hog ? "hog" : "", "data-key": index },
    make("td", { class: "name", title: one.name }, one.name ?? nameless),
    make("td", { class: "number" }, meter, make("span", { class: "share" }, percent(one.now))),
    make("td", { class: "number" }, ago(one.selfMs)),
    make("td", { class: "number" }, one.slices.toLocaleString("en")),
    make("td", { class: "number" }, ago(one.longestMs)),
    make("td", { class: "number" }, one.runDelayP99Ms === undefined ? "–" : ago(one.runDelayP99Ms))
  )
}

/** More names are no answer to where the time goes. */
const mostNames = 60

const showNames = (names, leftOut, hog) => {
  const rows = names.slice(0, mostNames).map(rowOfName(hog))
  const word =
    names.length === 0
      ? "no fiber has run yet"
      : names.length > mostNames
        ? `and ${count(names.length - mostNames + leftOut, "name")} with less self time`
        : undefined
  const last = word === undefined ? [] : [make("tr", {}, make("td", { class: "none", colspan: 6 }, word))]
  renew(document.querySelector("#names tbody"), [...rows, ...last])
}

const rowOfStall = (stall) =>
  make(
    "li",
    { "data-key": stall.key },
    make(
      "button",
      { type: "button", class: stall.isOpen ? "open" : "", "data-key": stall.key },
      make("span", { class: "at" }, clock(stall.startedAt)),
      make("span", { class: "for" }, ago(stall.ms)),
      make(
        "span",
        {},
        make("span", { class: "who" }, stall.name ?? (stall.fiberId === undefined ? "no fiber" : whoText(stall))),
        make("span", { class: "cause" }, stall.cause),
        make("span", { class: "where mono" }, placeText(stall.place))
      )
    )
  )

const showStalls = ({ thresholdMs }) => {
  $("stalls-hint").textContent = stalls.length === 0 ? "" : `the last ${stalls.length}, newest first`
  const none = () => make("li", { class: "none" }, `none so far: the loop was never held for ${ago(thresholdMs)}`)
  renew($("stalls"), stalls.length === 0 ? [none()] : stalls.map(rowOfStall))
  stallStops.settle()
}

const waitingFor = (stall) =>
  stall.isOpen && waiting !== undefined && Math.abs(waiting.since - stall.startedAt) < 1000
    ? waitingAt(waiting, latest.at)
    : undefined

const textOf = (stall) => issueText(stall, latest.process, waitingFor(stall))

/** Copies a stall, and tells so on the button. */
const copyStall = async (stall, button) => {
  if (stall === undefined) return
  const word = (await copy(textOf(stall))) ? "copied" : "not copied: open the text in the details"
  button.textContent = word
  announce(word === "copied" ? "The stall is copied as text" : word)
  setTimeout(() => (button.textContent = "copy as text"), 3000)
}

let openedStall

const openStall = (stall) => {
  openedStall = stall
  const { frames, victims } = linesOf(stall)
  $("details-title").textContent = titleOf(stall)
  $("details-body").replaceChildren(
    make(
      "dl",
      {},
      ...factsOf(stall, waitingFor(stall)).map(([term, text]) =>
        make("div", {}, make("dt", {}, term), make("dd", { class: term === "at" ? "mono" : "" }, text))
      )
    ),
    make(
      "pre",
      { tabindex: 0, role: "group", "aria-label": "Stack" },
      frames.length === 0 ? "no stack of the program was sampled in it" : frames.join("\n")
    ),
    victims.length === 0
      ? ""
      : make("pre", { tabindex: 0, role: "group", "aria-label": "Fibers that waited" }, victims.join("\n")),
    make(
      "details",
      {},
      make("summary", {}, "the text that is copied"),
      make("pre", { tabindex: 0, role: "group", "aria-label": "Text for an issue" }, textOf(stall))
    )
  )
  $("details").showModal()
}

const showLints = async () => {
  const { lints } = await (await fetch("/lints")).json()
  $("lints-section").hidden = lints === null || lints.length === 0
  const rows = (lints ?? []).map(({ fix, lint, message }) =>
    make("li", {}, make("b", {}, lint), make("span", {}, message), make("span", { class: "fix" }, fix))
  )
  renew($("lints"), rows)
}

const isLarge = () => (latest?.statistics?.liveFibers ?? 0) > mostFibers

/** The bytes go to the worker as they come, so the page parses none of them. */
const fetchFibers = async () => {
  const response = await fetch("/fibers")
  if (response.status !== 200) {
    const { error } = await response.json()
    $("fibers-hint").textContent = plain(error)
    return
  }
  const text = await response.arrayBuffer()
  fiberReader.postMessage({ text, view: {} }, [text])
}

fiberReader.addEventListener("message", ({ data }) => {
  if (data.isNothing) {
    $("fibers-hint").textContent = "the program has not told its fibers yet"
    return
  }
  const { bars, left, live, source, takenAt, tree: shown } = data
  waiting = data.waiting
  $("fibers").hidden = false
  tree.show(shown.rows)
  flame.show(bars)
  const total = live + left
  $("fibers-hint").textContent = [
    `${total.toLocaleString("en")} live`,
    shown.found === undefined ? undefined : `${count(shown.found, "row")} with their parents`,
    shown.isCut ? `the first ${shown.rows.length} rows: filter to see others` : undefined,
    left > 0 ? `the newest ${left.toLocaleString("en")} were not read` : undefined,
    isLarge() || source?.ageMs > dumpEveryMs ? `as of ${clock(takenAt)}` : undefined
  ]
    .filter((text) => text !== undefined)
    .join(" · ")
})

fiberReader.addEventListener("error", () => {
  $("fibers-hint").textContent = "the browser did not start the worker that reads the fibers: load the page again"
})

/** With many fibers, a word about them and a button. */
const showMany = () => {
  $("fibers-many").hidden = !isLarge()
  if (!isLarge()) return
  const { liveFibers } = latest.statistics
  $("fibers-many").firstElementChild.textContent =
    `${count(liveFibers, "fiber")}: to read them takes about ${ago(Math.max(50, liveFibers / fibersPerMs))} of the program's loop, so they are read when you ask.`
}

const receive = (overview) => {
  // in containers all have the same number
  const isOther = latest !== undefined && latest.process.startedAt !== overview.process.startedAt
  if (isOther) {
    timeline.clear()
    lanes.clear()
    waiting = undefined
  }
  before = isOther ? undefined : latest
  latest = overview
  showProcess(overview)
  const { at, loop, pool, source, statistics, working } = overview
  $("source").textContent = source.from === "memory" ? `fibers and pool as of ${ago(source.ageMs)} ago` : ""
  stalls = stallsOf(overview)
  const names = before === undefined ? [] : namesOf(before, overview)
  const delayMs = before === undefined ? 0 : delayOf(before, overview)
  if (before !== undefined) {
    const sum = names.reduce((sum, { now }) => sum + now, 0)
    const busy = Math.min(1, sum)
    timeline.add({ at, busy, delayMs }, stalls)
    $("timeline-text").textContent = timeline.text()
    if ($("timeline-table").open) showTable()
    renew($("now"), [
      make("b", {}, percent(busy)),
      make("span", {}, " busy · run delay "),
      make("b", {}, delayMs === 0 ? "–" : ago(delayMs)),
      make("span", {}, " · "),
      make("b", {}, (statistics?.liveFibers ?? 0).toLocaleString("en")),
      make("span", {}, " fibers")
    ])
    // the names that were left out stand in one row
    showNames(names, Math.max(0, (overview.namesLeftOut ?? 0) - 1), loop.state === "held" ? loop.by.name : undefined)
  }
  showVerdict(delayMs, names)
  showStalls(overview)
  showMany()
  lanes.add(at, pool, working)
  if (at - dumpedAt < dumpEveryMs || document.hidden || isLarge()) return
  dumpedAt = at
  fetchFibers().catch(() => {})
  if (at - lintedAt < lintEveryMs) return
  lintedAt = at
  showLints().catch(() => {})
}

const showTable = () =>
  renew(
    document.querySelector("#timeline-table tbody"),
    timeline.rows().map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell))))
  )

/** Nothing comes: `why`, and what the reader can do. What the page shows is old from then on. */
const showUnknown = ([why, remedy]) => {
  const last = latest === undefined ? "nothing came so far" : `what it told last, at ${clock(latest.at)}`
  showState("unknown", why, [
    ["shown", last],
    ["next", remedy]
  ])
  $("loop-tools").hidden = stalls.length === 0
  document.title = "? · giveway"
  announce(why)
}

const noResponse = [
  "The process does not respond",
  "it has ended, or cannot be reached. It is asked again every few seconds; a new one on the same port is shown here"
]

/** An `EventSource` does not tell why it was refused, so that is asked once more. */
const refusalOf = async () => {
  const response = await fetch("/events")
  if (response.status === 200) {
    await response.body.cancel()
    return ["The process was busy", "it is asked again"]
  }
  const { error } = await response.json()
  const remedy =
    response.status === 401
      ? "open /?token=TOKEN with the token of this process: the browser has none, or an older one"
      : "it is asked again"
  return [`The process refuses to send: ${plain(error)}`, remedy]
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
  $("note").textContent = paused && latest !== undefined ? `paused at ${clock(latest.at)}: this is how it was then` : ""
}

const turn = () => {
  turnTheme()
  timeline.draw()
}

/** Goes to the next stall or the one before, from the first if none has the focus. */
const select = (by) => {
  const focused = document.activeElement.closest("#stalls button")
  if (focused !== null) return stallStops.step(by)
  const first = $("stalls").querySelector("button")
  first?.focus()
  first?.scrollIntoView({ block: "nearest" })
}

const stallOf = (element) => stalls.find(({ key }) => key === element?.closest("#stalls button")?.dataset.key)

const keys = {
  p: () => setPaused(!paused),
  t: turn,
  j: () => select(1),
  k: () => select(-1),
  c: () => copyStall(stallOf(document.activeElement) ?? aboutStall, $("loop-copy")),
  "/": () => $("filter").focus()
}

addEventListener("keydown", (event) => {
  if (event.target === $("filter")) {
    if (event.key === "Escape") $("filter").blur()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || $("details").open || !$("keys").checked) return
  const act = keys[event.key]
  if (act === undefined) return
  event.preventDefault()
  act()
})

$("filter").addEventListener("input", ({ target }) =>
  fiberReader.postMessage({ view: { filter: target.value.trim().toLowerCase() } })
)
$("pause").addEventListener("click", () => setPaused(!paused))
$("theme").addEventListener("click", turn)
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => timeline.draw())
$("stalls").addEventListener("click", ({ target }) => {
  const stall = stallOf(target)
  if (stall !== undefined) openStall(stall)
})
$("loop-open").addEventListener("click", () => openStall(aboutStall))
$("loop-copy").addEventListener("click", () => copyStall(aboutStall, $("loop-copy")))
$("details-copy").addEventListener("click", () => copyStall(openedStall, $("details-copy")))
$("fibers-read").addEventListener("click", () => fetchFibers().catch(() => {}))
$("timeline-table").addEventListener("toggle", showTable)
