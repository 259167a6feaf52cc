/**
 * When a thread of Giveway's own that has ended by a fault is started again: the decisions, without a thread or a clock.
 *
 * The n-th end within ten minutes is followed by a pause of 250 ms · 2^(n-1), at most a minute. At the tenth the thread is
 * given up: a thread that ends each time at once is given up after two minutes, and one that ends once in two minutes never.
 *
 * **Invariants**, which `restarts.test.ts` proves over every order of events:
 * - Each end is told once, with the pause that follows it or with the word that none does.
 * - A pause runs, or a thread does, until it is given up or closed. Then neither does, and nothing happens any more.
 *
 * Rejected: to start it again without end (a fault at its start would take 50 ms of a core each time, and fill a log); to count
 * a restart as a success when the thread speaks (the fault may need a request, which comes later).
 *
 * Decision 0125.
 */

export interface Limits {
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** it is given up at so many ends */
  readonly mostEnds: number
  /** within this time */
  readonly withinMs: number
}

/** Guesses: a fault that a passing state of the machine causes is over within two minutes, and a start takes 0.1 s of a core. */
export const usualLimits: Limits = { firstPauseMs: 250, longestPauseMs: 60_000, mostEnds: 10, withinMs: 600_000 }

export type State =
  /** it runs or is being started; `ends`: the times of those that count */
  | { readonly _tag: "Up"; readonly ends: ReadonlyArray<number> }
  | { readonly _tag: "Pausing"; readonly ends: ReadonlyArray<number> }
  /** it was given up or closed */
  | { readonly _tag: "Over" }

export type Event =
  /** it ended by itself, or could not be started again */
  | { readonly _tag: "Ended"; readonly cause: unknown; readonly at: number }
  /** the pause is over */
  | { readonly _tag: "Due" }
  | { readonly _tag: "Close" }

/** An end, to be told. */
export interface End {
  readonly cause: unknown
  /** after so many ms it is started again; `undefined`: it is given up */
  readonly againInMs: number | undefined
  /** so many ends, this one among them, came within the time that counts */
  readonly ends: number
}

export type Action =
  | { readonly _tag: "Tell"; readonly end: End }
  | { readonly _tag: "Pause"; readonly ms: number }
  | { readonly _tag: "EndPause" }
  | { readonly _tag: "Start" }

interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

/** The thread has been started for the first time. */
export const initial: State = { _tag: "Up", ends: [] }

const over = (...actions: ReadonlyArray<Action>): Step => ({ state: { _tag: "Over" }, actions })

export const step = (state: State, event: Event, limits: Limits): Step => {
  switch (state._tag) {
    case "Up":
      if (event._tag === "Ended") return afterEnd(state.ends, event.cause, event.at, limits)
      if (event._tag === "Close") return over()
      break
    case "Pausing":
      if (event._tag === "Due") return { state: { ...state, _tag: "Up" }, actions: [{ _tag: "Start" }] }
      if (event._tag === "Close") return over({ _tag: "EndPause" })
      break
    case "Over":
  }
  return { state, actions: [] }
}

const afterEnd = (before: ReadonlyArray<number>, cause: unknown, at: number, limits: Limits): Step => {
  const ends = [...before.filter((end) => at - end < limits.withinMs), at]
  if (ends.length >= limits.mostEnds) {
    return over({ _tag: "Tell", end: { cause, againInMs: undefined, ends: ends.length } })
  }
  const ms = Math.min(limits.firstPauseMs * 2 ** (ends.length - 1), limits.longestPauseMs)
  return {
    state: { _tag: "Pausing", ends },
    actions: [
      { _tag: "Tell", end: { cause, againInMs: ms, ends: ends.length } },
      { _tag: "Pause", ms }
    ]
  }
}
