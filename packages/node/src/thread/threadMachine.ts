/**
 * How a thread of Giveway's own starts and ends: the decisions, without a thread.
 *
 * A thread says one word when it has started. Until then it is waited for, and after that it runs beside the program. It
 * ends when it is told to, or it is lost. Each wait has an end: the thread's word, its death, or a limit.
 *
 * **Invariants**, which `threadMachine.test.ts` proves over every order of events:
 * - The caller that starts the thread hears exactly once how that went, `Started` or `NotStarted`.
 * - The caller that stops it hears exactly once that it is gone, `Gone`, and nothing after that.
 * - A thread that is given up is terminated once. One that cannot be made, or dies by itself, is not.
 * - A thread that ran and ends by itself is reported once, when it has ended, unless it was stopped before.
 * - A limit runs exactly while a caller waits. Its timer is all that keeps the process alive.
 *
 * Decision 0101.
 */

/** What has happened. */
export type Event =
  /** it could not be made: there is no thread, and no event of it will come */
  | { readonly _tag: "Refused"; readonly cause: unknown }
  /** the thread's first word */
  | { readonly _tag: "Said"; readonly word: unknown }
  /** an error that nobody caught ends it; its exit follows */
  | { readonly _tag: "Failed"; readonly cause: unknown }
  | { readonly _tag: "Exited"; readonly code: number }
  /** the limit that was set has passed */
  | { readonly _tag: "TimedOut" }
  /** nobody needs it any more */
  | { readonly _tag: "Stop" }

/** What must be done. */
export type Action =
  | { readonly _tag: "Started"; readonly word: unknown }
  | { readonly _tag: "NotStarted"; readonly cause: unknown }
  /** it ran, and has ended by itself: nothing that it held is held any more */
  | { readonly _tag: "Lost"; readonly cause: unknown }
  | { readonly _tag: "Terminate" }
  | { readonly _tag: "SetLimit"; readonly ms: number }
  | { readonly _tag: "ClearLimit" }
  /** the caller that stopped it may go on; `hangs` if native code still holds the thread */
  | { readonly _tag: "Gone"; readonly hangs: boolean }

export type State =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Running" }
  /** it was terminated, or dies by itself; `stopped`: a caller waits for its end; `fault`: it ran, and dies of this */
  | { readonly _tag: "Ending"; readonly stopped: boolean; readonly fault?: { readonly cause: unknown } }
  /** there is no thread any more; `stopped`: the caller has been told */
  | { readonly _tag: "Ended"; readonly stopped: boolean }

export interface Limits {
  /** how long it may take to start, ms */
  readonly startMs: number
  /** how long it may take to end once it was stopped, ms */
  readonly endMs: number
}

interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

/** The thread is about to be made. */
export const begin = ({ startMs }: Limits): Step => ({
  state: { _tag: "Starting" },
  actions: [{ _tag: "SetLimit", ms: startMs }]
})

const exitCause = (code: number): Error => new Error(`the thread ended with exit code ${code}`)

export const step = (state: State, event: Event, limits: Limits): Step => {
  switch (state._tag) {
    case "Starting":
      return whileStarting(event, limits)
    case "Running":
      return whileRunning(event, limits)
    case "Ending":
      return whileEnding(state, event, limits)
    case "Ended":
      return event._tag === "Stop" && !state.stopped ? gone(false) : { state, actions: [] }
  }
}

const clear: Action = { _tag: "ClearLimit" }
const terminate: Action = { _tag: "Terminate" }

const ending = (...actions: ReadonlyArray<Action>): Step => ({ state: { _tag: "Ending", stopped: false }, actions })

const ended = (...actions: ReadonlyArray<Action>): Step => ({ state: { _tag: "Ended", stopped: false }, actions })

/** A caller waits for its end from now on. */
const stopping = ({ endMs }: Limits, ...actions: ReadonlyArray<Action>): Step => ({
  state: { _tag: "Ending", stopped: true },
  actions: [...actions, { _tag: "SetLimit", ms: endMs }]
})

const gone = (hangs: boolean, ...actions: ReadonlyArray<Action>): Step => ({
  state: { _tag: "Ended", stopped: true },
  actions: [...actions, { _tag: "Gone", hangs }]
})

const notStarted = (cause: unknown): Action => ({ _tag: "NotStarted", cause })

const whileStarting = (event: Event, limits: Limits): Step => {
  switch (event._tag) {
    case "Said":
      return { state: { _tag: "Running" }, actions: [clear, { _tag: "Started", word: event.word }] }
    case "Refused":
      return ended(clear, notStarted(event.cause))
    case "Failed":
      return ending(clear, notStarted(event.cause))
    case "Exited":
      return ended(clear, notStarted(exitCause(event.code)))
    case "TimedOut": {
      const cause = new Error(`the thread did not start within ${limits.startMs} ms: the machine may be overloaded`)
      return ending(notStarted(cause), terminate)
    }
    case "Stop": {
      const cause = new Error("the thread was stopped before it had started")
      return stopping(limits, clear, notStarted(cause), terminate)
    }
  }
}

const whileRunning = (event: Event, limits: Limits): Step => {
  switch (event._tag) {
    case "Failed":
      return { state: { _tag: "Ending", stopped: false, fault: { cause: event.cause } }, actions: [] }
    case "Exited":
      return ended({ _tag: "Lost", cause: exitCause(event.code) })
    case "Stop":
      return stopping(limits, terminate)
    // it says more through its ports
    case "Said":
    case "TimedOut":
    case "Refused":
      return { state: { _tag: "Running" }, actions: [] }
  }
}

const whileEnding = (state: Extract<State, { readonly _tag: "Ending" }>, event: Event, limits: Limits): Step => {
  const { fault, stopped } = state
  switch (event._tag) {
    case "Exited":
      if (stopped) return gone(false, clear)
      return fault === undefined ? ended() : ended({ _tag: "Lost", cause: fault.cause })
    case "TimedOut":
      if (stopped) return gone(true)
      break
    case "Stop":
      if (!stopped) return stopping(limits)
      break
    // what it still says or throws is nobody's
    case "Said":
    case "Failed":
    case "Refused":
  }
  return { state, actions: [] }
}
