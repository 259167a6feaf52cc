/**
 * The state of `giveway top`, as a pure machine: overviews and keys in; the next state and a wish for the shell out.
 */
import type * as Lints from "@giveway/core/Lints"
import type { Overview } from "../../diagnostics/protocol.ts"

const sorts = ["now", "self", "longest", "delay"] as const

/** The orders of the names: by share of the last moment, self time, longest slice, run delay. */
type Sort = (typeof sorts)[number]

/** One point of the two curves at the top. */
export interface Point {
  /** share of the time in which fibers ran or the loop was held, 0 to 1 */
  readonly busy: number
  /** the 99th percentile of the run delays of the moment, ms */
  readonly delayMs: number
  readonly held: boolean
}

/** A name and its usage. */
export interface Row {
  readonly name: string
  /** share of the time since the overview before, 0 to 1 */
  readonly now: number
  readonly selfMs: number
  readonly slices: number
  readonly longestMs: number
  readonly delayP99Ms: number | undefined
}

/** The panel on the screen. */
type Panel =
  | { readonly _tag: "Names" }
  | { readonly _tag: "Text"; readonly title: string; readonly lines: ReadonlyArray<string>; readonly top: number }

/** A finding of a lint, as the process sends it. */
export type Finding = Pick<Lints.Finding, "lint" | "message" | "fix">

export interface State {
  /** the findings of the last fetch */
  readonly findings: ReadonlyArray<Finding>
  readonly overview: Overview | undefined
  readonly rows: ReadonlyArray<Row>
  readonly history: ReadonlyArray<Point>
  readonly sort: Sort
  readonly filter: string
  /** whether keys go into the filter */
  readonly typing: boolean
  /** the selected stall, 0 is the newest */
  readonly selected: number
  readonly panel: Panel
  /** why no overview comes for now, or any more */
  readonly silence: string | undefined
}

export const initial: State = {
  findings: [],
  overview: undefined,
  rows: [],
  history: [],
  sort: "now",
  filter: "",
  typing: false,
  selected: 0,
  panel: { _tag: "Names" },
  silence: undefined
}

/** So many points are kept: no terminal is wider. */
const keptPoints = 500

/** The upper end of the bucket in which the 99th percentile lies, of the delays counted between two overviews. */
const delayOf = (before: Overview, after: Overview): number => {
  const sum = ({ usage }: Overview, bucket: number): number =>
    usage.reduce((total, { runDelays }) => total + (runDelays[bucket] ?? 0), 0)
  const bounds = after.delayBoundsMs
  const counts = [...bounds, Infinity].map((_, bucket) => Math.max(0, sum(after, bucket) - sum(before, bucket)))
  const total = counts.reduce((a, b) => a + b, 0)
  let below = 0
  for (const [bucket, count] of counts.entries()) {
    below += count
    if (total > 0 && below >= total * 0.99) return bounds[bucket] ?? bounds.at(-1)!
  }
  return 0
}

const rowsOf = (before: Overview | undefined, after: Overview): ReadonlyArray<Row> => {
  const selfBefore = new Map(before?.usage.map(({ name, selfMs }) => [name, selfMs]))
  const elapsed = before === undefined ? after.at - after.process.startedAt : after.at - before.at
  // a name that was among the others before has no beginning to count from
  const begins = before !== undefined && (before.namesLeftOut ?? 0) > 0 ? undefined : 0
  return after.usage.map(({ longestMs, name, runDelayP99Ms, selfMs, slices }) => ({
    name: name ?? "(no span)",
    now: elapsed <= 0 ? 0 : Math.min(1, Math.max(0, (selfMs - (selfBefore.get(name) ?? begins ?? selfMs)) / elapsed)),
    selfMs,
    slices,
    longestMs,
    delayP99Ms: runDelayP99Ms
  }))
}

/** A new overview. */
export const seen = (state: State, overview: Overview): State => {
  const before = state.overview
  const rows = rowsOf(before, overview)
  const point: Point = {
    busy:
      overview.loop.state === "held"
        ? 1
        : Math.min(
            1,
            rows.reduce((sum, { now }) => sum + now, 0)
          ),
    delayMs: before === undefined ? 0 : delayOf(before, overview),
    held: overview.loop.state === "held"
  }
  const history = before === undefined ? [] : [...state.history, point].slice(-keptPoints)
  return { ...state, overview, rows, history, silence: undefined }
}

/** No overview comes, and why. */
export const silent = (state: State, silence: string): State => ({ ...state, silence })

/** The lints were fetched. */
export const linted = (state: State, findings: ReadonlyArray<Finding>): State => ({ ...state, findings })

/** An entry of the list of stalls. */
export type Listed =
  | { readonly _tag: "Open"; readonly stall: Overview["open"][number] }
  | { readonly _tag: "Over"; readonly stall: Overview["recent"][number] }

/** The stalls that last, then those that are over, the newest first. */
export const stallsOf = ({ overview }: State): ReadonlyArray<Listed> =>
  overview === undefined
    ? []
    : [
        ...overview.open.map((stall): Listed => ({ _tag: "Open", stall })),
        ...overview.recent.toReversed().map((stall): Listed => ({ _tag: "Over", stall }))
      ]

/** The names that pass the filter, in order. */
export const shownRows = ({ filter, rows, sort }: State): ReadonlyArray<Row> => {
  const value = (row: Row): number =>
    sort === "now"
      ? row.now
      : sort === "self"
        ? row.selfMs
        : sort === "longest"
          ? row.longestMs
          : (row.delayP99Ms ?? -1)
  return rows
    .filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))
    .toSorted((a, b) => value(b) - value(a) || b.selfMs - a.selfMs)
}

/** A key press of the terminal. */
export interface Key {
  readonly name: string
  readonly ctrl: boolean
  /** the character, if it writes one */
  readonly input: string | undefined
}

/** An action that a key asks of the shell. */
export type Wish = "quit" | "interrupt" | "dump" | "lints" | "open" | undefined

interface Step {
  readonly state: State
  readonly wish: Wish
}

const only = (state: State, wish: Wish = undefined): Step => ({ state, wish })

const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most))

/** A key was pressed; a page of a panel is `rows` long. */
export const pressed = (state: State, key: Key, rows: number): Step => {
  if (key.ctrl && key.name === "c") return only(state, "interrupt")
  if (state.typing) return only(typed(state, key))
  return state.panel._tag === "Text" ? read(state, state.panel, key, rows) : navigate(state, key)
}

const typed = (state: State, { input, name }: Key): State => {
  if (name === "return" || name === "enter") return { ...state, typing: false }
  if (name === "escape") return { ...state, typing: false, filter: "" }
  if (name === "backspace") return { ...state, filter: state.filter.slice(0, -1) }
  return input !== undefined && /^[\x20-\x7e]$/.test(input) ? { ...state, filter: state.filter + input } : state
}

const read = (state: State, panel: Extract<Panel, { readonly _tag: "Text" }>, key: Key, rows: number): Step => {
  const to = (top: number): Step => only({ ...state, panel: { ...panel, top: clamp(top, panel.lines.length - 1) } })
  switch (key.name) {
    case "q":
    case "escape":
      return only({ ...state, panel: { _tag: "Names" } })
    case "down":
    case "j":
      return to(panel.top + 1)
    case "up":
    case "k":
      return to(panel.top - 1)
    case "pagedown":
    case "space":
      return to(panel.top + rows)
    case "pageup":
      return to(panel.top - rows)
    default:
      return only(state)
  }
}

const navigate = (state: State, key: Key): Step => {
  const select = (to: number): Step => only({ ...state, selected: clamp(to, Math.max(0, stallsOf(state).length - 1)) })
  if (key.input === "/") return only({ ...state, typing: true })
  switch (key.name) {
    case "q":
      return only(state, "quit")
    case "s":
      return only({ ...state, sort: sorts[(sorts.indexOf(state.sort) + 1) % sorts.length]! })
    case "escape":
      return only({ ...state, filter: "" })
    case "down":
    case "j":
      return select(state.selected + 1)
    case "up":
    case "k":
      return select(state.selected - 1)
    case "d":
      return only(state, "dump")
    case "l":
      return only(state, "lints")
    case "return":
    case "enter":
      return only(state, "open")
    default:
      return only(state)
  }
}
