/**
 * The screen of `giveway top`: a state in, lines out. A line is a list of pieces, each a text and its look.
 */
import * as FiberDump from "@giveway/core/FiberDump"
import type { Loop } from "../../diagnostics/protocol.ts"
import { holderText, userFrames } from "../text/dumpText.ts"
import type { Listed, Point, Row, State } from "./state.ts"
import { shownRows, stallsOf } from "./state.ts"
import { cell, cut } from "../text/terminal.ts"
import { ago } from "../text/units.ts"

export type Look = "plain" | "dim" | "bold" | "good" | "warn" | "bad" | "inverse" | "accent"

type Piece = readonly [text: string, look?: Look]

export type Line = ReadonlyArray<Piece>

const bars = "▁▂▃▄▅▆▇█"

const bar = (share: number): string =>
  share <= 0 ? " " : bars[Math.min(bars.length - 1, Math.floor(share * bars.length))]!

const lookOf = (share: number): Look => (share >= 0.8 ? "bad" : share >= 0.5 ? "warn" : "good")

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`

/** The points as a row of bars, the newest on the right. */
const sparkline = (points: ReadonlyArray<Point>, width: number, share: (point: Point) => number): Line => {
  const shown = points.slice(-width)
  return [
    [" ".repeat(Math.max(0, width - shown.length))],
    ...shown.map((point): Piece => [bar(share(point)), point.held ? "bad" : lookOf(share(point))])
  ]
}

/** The height of a run delay's bar, 0 to 1, on a logarithmic scale: 1 ms is low, 1 s is full. */
const delayShare = ({ delayMs }: Point): number => (delayMs <= 0 ? 0 : Math.log10(1 + delayMs * 10) / 4)

const loopPiece = (loop: Loop): Line =>
  loop.state === "turning"
    ? [["● turning", "good"]]
    : [[`■ held for ${ago(loop.heldMs)} by ${holderText(loop)}`, "bad"]]

const columns: ReadonlyArray<readonly [title: string, width: number, cell: (row: Row) => string]> = [
  ["now", 8, ({ now }) => percent(now)],
  ["self", 9, ({ selfMs }) => ago(selfMs)],
  ["slices", 9, ({ slices }) => String(slices)],
  ["longest", 9, ({ longestMs }) => ago(longestMs)],
  ["delay", 9, ({ delayP99Ms }) => (delayP99Ms === undefined ? "–" : ago(delayP99Ms))]
]

/** The columns that a narrow terminal does without, the first one first. */
const lesser = ["slices", "longest", "self", "delay"]

/** Columns that a name has at least, if others can be left out for it. */
const leastName = 12

const widthOf = (shown: typeof columns): number => shown.reduce((sum, [, width]) => sum + width, 0)

const fitting = (width: number): typeof columns =>
  lesser.reduce(
    (shown, title) => (widthOf(shown) + leastName + 2 > width ? shown.filter(([one]) => one !== title) : shown),
    columns
  )

const table = (state: State, width: number, rows: number): ReadonlyArray<Line> => {
  const shown = fitting(width)
  const nameWidth = Math.max(8, width - widthOf(shown) - 2)
  const filter = state.typing ? `/${state.filter}▏` : state.filter === "" ? "" : `/${state.filter}`
  const head: Line = [
    [` ${cell(`name ${filter}`, nameWidth)} `, "dim"],
    ...shown.map(([title, cells]): Piece => [title.padStart(cells), title === state.sort ? "bold" : "dim"])
  ]
  const lineOf = (row: Row): Line => [
    [` ${cell(row.name, nameWidth)} `],
    ...shown.map(([title, cells, cell]): Piece => [
      cell(row).padStart(cells),
      title === "now" ? lookOf(row.now) : "plain"
    ])
  ]
  return [head, ...shownRows(state).slice(0, rows).map(lineOf)]
}

const poolLines = ({ overview }: State, width: number): ReadonlyArray<Line> => {
  const pool = overview?.pool
  if (pool === undefined) return []
  const { cancelled, completed, failed, killed, lanes, maxWorkers, queued, suspended } = pool
  const waiting = `${queued} queued${suspended === 0 ? "" : `, ${suspended} suspended`}`
  const ended = `${completed} done, ${failed} failed, ${cancelled} cancelled, ${killed} killed`
  return [
    [
      [` pool of ${maxWorkers}`, "bold"],
      [`  ${waiting}  ${ended}`, "dim"]
    ],
    ...lanes.map((lane): Line => {
      // the worker's own board is newer than the main thread's view of it
      const work = overview?.working.find(({ worker }) => worker === lane.worker)
      const [task, forMs] = work === undefined ? [lane.task, lane.forMs] : [work.task, overview!.at - work.since]
      const job = task === undefined ? "" : `${task}  ${forMs === undefined ? "" : ago(Math.max(0, forMs))}`
      const slices = work === undefined ? "" : `  self ${ago(work.selfMs)} in ${work.slices}`
      const held = work === undefined || work.heldMs < FiberDump.longHoldMs ? "" : `  held for ${ago(work.heldMs)}`
      const ahead = lane.ahead === 0 ? "" : `  +${lane.ahead} ahead`
      const look: Look = lane.phase === "busy" ? "accent" : lane.phase === "zombie" ? "bad" : "dim"
      return [
        [`  ${String(lane.worker).padStart(3)} `],
        [lane.phase.padEnd(9), look],
        [cut(`${job}${slices}${ahead}`, width - 16)],
        [held, "warn"]
      ]
    })
  ]
}

const clock = (at: number): string => new Date(at).toTimeString().slice(0, 8)

/** With fewer columns than this, a stall has no room for its time of day and its cause. */
const roomyFrom = 60

const stallPieces = (listed: Listed, width: number): Line => {
  const isRoomy = width >= roomyFrom
  const time = (at: number): Piece => [isRoomy ? `${clock(at)} ` : ""]
  const named = (cause: string): string => (isRoomy ? ` ${cause.padEnd(12)}` : "")
  if (listed._tag === "Open") {
    const { ageMs, by, startedAt } = listed.stall
    const loop = { state: "held", at: 0, since: startedAt, heldMs: ageMs, by } as const
    return [time(startedAt), [ago(ageMs).padStart(8), "bad"], [`${named(by.cause)} ${holderText(loop)}`]]
  }
  const { cause, durationMs, hog, startedAt } = listed.stall
  const place = hog.place === undefined ? "" : ` at ${hog.place.file}:${hog.place.line}`
  const fiber = hog.fiberId === undefined ? "" : `fiber #${hog.fiberId}`
  const nobody = isRoomy ? "" : cause
  const who = hog.name !== undefined ? `\`${hog.name}\`` : fiber === "" ? nobody : fiber
  return [time(startedAt), [ago(durationMs).padStart(8)], [`${named(cause)} ${who}${place}`, "dim"]]
}

const stallLines = (state: State, width: number, rows: number, selects: boolean): ReadonlyArray<Line> => {
  const listed = stallsOf(state)
  const from = Math.max(0, Math.min(state.selected - rows + 1, listed.length - rows))
  const lineOf = (one: Listed, index: number): Line => {
    const isSelected = selects && index + from === state.selected
    return [[isSelected ? " ▸ " : "   ", isSelected ? "accent" : "plain"], ...stallPieces(one, width)]
  }
  return [
    [
      [" stalls", "bold"],
      [listed.length === 0 ? "  none" : "", "dim"]
    ],
    ...listed.slice(from, from + rows).map(lineOf)
  ]
}

/** So many findings have a line on the screen; the key `l` shows all. */
const lintsShown = 3

const lintLines = ({ findings }: State, width: number): ReadonlyArray<Line> =>
  findings.length === 0
    ? []
    : [
        [
          [" lints", "bold"],
          [findings.length > lintsShown ? `  ${findings.length}, l shows all` : "  l shows what to do", "dim"]
        ],
        ...findings
          .slice(0, lintsShown)
          .map(({ lint, message }): Line => [[`   ${lint} `, "warn"], [cut(message, width - lint.length - 4)]]),
        []
      ]

/** All findings, with their fixes. */
export const lintTexts = ({ findings }: State): ReadonlyArray<string> =>
  findings.length === 0
    ? ["the lints found nothing"]
    : findings.flatMap(({ fix, lint, message }) => [lint, `  ${message}`, `  fix: ${fix}`, ""])

const help = "q quit  s sort  / filter  ↑↓ select  ⏎ open stall  d dump  l lints"

const shortHelp = "q quit s sort / filter ⏎ stall d dump"

const helpLine = (width: number): Line => [[` ${width > help.length ? help : shortHelp}`, "dim"]]

const head = (state: State, width: number): ReadonlyArray<Line> => {
  const { overview } = state
  if (overview === undefined)
    return [
      [
        [" giveway top", "bold"],
        [`  ${state.silence ?? "asking …"}`, "dim"]
      ]
    ]
  const { loop, process, source, statistics } = overview
  const up = ago(overview.at - process.startedAt)
  const last = state.history.at(-1)
  const facts = ` ${process.program}  process ${process.pid}  node ${process.node}  up ${up}`
  const stale = source.from === "memory" ? `  (fibers and pool as of ${ago(source.ageMs)} ago)` : ""
  const lineWidth = Math.max(10, Math.min(60, width - 30))
  return [
    [[" giveway top ", "inverse"], [facts]],
    [
      [" loop   "],
      // first, since a line that is too long loses its end
      ...(state.silence === undefined ? [] : [[`${state.silence}; before: `, "warn"] as const]),
      ...loopPiece(loop),
      [stale, "dim"]
    ],
    [
      [" busy   "],
      ...sparkline(state.history, lineWidth, ({ busy }) => busy),
      [` ${last === undefined ? "" : percent(last.busy)}`]
    ],
    [
      [" delay  "],
      ...sparkline(state.history, lineWidth, delayShare),
      // nothing was queued since the overview before: that is no delay of 0
      [` ${last === undefined ? "" : last.delayMs === 0 ? "–" : `p99 ≤ ${ago(last.delayMs)}`}`]
    ],
    [[` fibers ${statistics?.liveFibers ?? "?"}`], [`   slices ${statistics?.slices ?? "?"}`, "dim"]]
  ]
}

/** With fewer rows than this, the curves, the pool's workers and the lints have no room. */
const tallFrom = 16

/** The screen of a small terminal: the loop, its stalls, and the names that fit. */
const small = (state: State, width: number, rows: number): ReadonlyArray<Line> => {
  const top = head(state, width).slice(0, 2)
  const pool = poolLines(state, width).slice(0, 1)
  const count = Math.min(2, stallsOf(state).length)
  const stalls = count === 0 ? [] : stallLines(state, width, count, true)
  const names = table(state, width, Math.max(1, rows - top.length - pool.length - stalls.length - 2))
  return [...top, ...stalls, ...names, ...pool]
}

/** The lines of the screen, at most `rows`. */
export const screen = (state: State, width: number, rows: number): ReadonlyArray<Line> => {
  const { panel } = state
  if (panel._tag === "Text") {
    const lines = panel.lines.slice(panel.top, panel.top + rows - 2)
    return [
      [[` ${panel.title} `, "inverse"]],
      ...lines.map((line): Line => [[line]]),
      ...Array.from({ length: Math.max(0, rows - 2 - lines.length) }, (): Line => []),
      [[" q back  ↑↓ scroll  space page", "dim"]]
    ]
  }
  const body = rows < tallFrom ? small(state, width, rows) : tall(state, width, rows)
  const space = Array.from({ length: Math.max(0, rows - 1 - body.length) }, (): Line => [])
  return [...body.slice(0, rows - 1), ...space, helpLine(width)]
}

const tall = (state: State, width: number, rows: number): ReadonlyArray<Line> => {
  const top = head(state, width)
  const pool = poolLines(state, width)
  const lints = lintLines(state, width)
  const rest = rows - top.length - pool.length - lints.length - 5
  const stalls = stallLines(state, width, Math.max(1, Math.min(8, Math.floor(rest / 2), stallsOf(state).length)), true)
  const names = table(state, width, Math.max(1, rest - stalls.length))
  return [...top, [], ...names, [], ...pool, [], ...lints, ...stalls]
}

/** The output of `--once`: all parts, in plain lines. */
export const once = (state: State, width: number): ReadonlyArray<Line> => [
  ...head(state, width).filter((_, index) => index !== 2 && index !== 3),
  [],
  ...table(state, width, 20),
  [],
  ...poolLines(state, width),
  ...lintLines(state, width),
  ...stallLines(state, width, 10, false)
]

/** A stall in full. */
export const details = (listed: Listed): ReadonlyArray<string> => {
  if (listed._tag === "Open") {
    const { ageMs, by, startedAt } = listed.stall
    const loop = { state: "held", at: 0, since: startedAt, heldMs: ageMs, by } as const
    return [
      `${by.cause}, for ${ago(ageMs)} so far, since ${clock(startedAt)}`,
      `by ${holderText(loop)}`,
      "",
      ...(by.stack === undefined ? ["no stack yet"] : userFrames(by.stack).map((frame) => `  ${frame}`))
    ]
  }
  const { cause, durationMs, hog, shares, slices, startedAt, victims } = listed.stall
  const where = hog.place === undefined ? "" : ` at ${hog.place.file}:${hog.place.line}`
  return [
    `${cause}, ${ago(durationMs)}, from ${clock(startedAt)}, ${slices} slices`,
    `by ${hog.name ?? (hog.fiberId === undefined ? "no fiber" : `fiber #${hog.fiberId}`)}${where}`,
    ...(shares ?? []).map(({ name, selfMs }) => `  ${ago(selfMs)} ${name ?? "(no span)"}`),
    ...(victims === undefined
      ? []
      : [`${victims.ready} fibers were ready and waited, ${ago(victims.longestWaitMs)} at most`]),
    ...(victims?.fibers ?? []).map(
      ({ fiberId, name, waitedFor, waitedMs }) =>
        `  ${name ?? "fiber"} #${fiberId} waited ${ago(waitedMs)} for its ${waitedFor}`
    ),
    "",
    ...(hog.stack === undefined ? ["no stack was seen"] : userFrames(hog.stack).map((frame) => `  ${frame}`))
  ]
}
