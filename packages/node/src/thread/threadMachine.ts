/**
 * How a thread of Giveway's own starts and ends: the decisions, without a thread.
 *
 * A thread says one word when it has started. Until then it is waited for, and after that it runs beside the program. It
 * ends when it is told to, or it is lost. Each wait has an end: the thread's word, its death, or a limit.
 *
 * **Invariants**, which `threadMachine.test.ts` proves over every order of events:
 * - Whoever starts the thread hears exactly once how that went, `Started` or `NotStarted`.
 * - Whoever stops it hears exactly once that it is gone, `Gone`, and nothing after that.
 * - A thread that is given up is terminated, and one that dies is never terminated again.
 * - While somebody waits, a limit runs; nothing runs once nobody waits.
 */

/** What has happened. */
export type Event =
  /** the thread's first word */
  | { readonly _tag: "Said"; readonly word: unknown }
  /** it could not be made, or an error that nobody caught ends it */
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
  /** it ran, and has ended by itself */
  | { readonly _tag: "Lost"; readonly cause: unknown }
  | { readonly _tag: "Terminate" }
  | { readonly _tag: "SetLimit"; readonly ms: number }
  | { readonly _tag: "ClearLimit" }
  /** whoever stopped it may go on; `hangs` if native code still holds the thread */
  | { readonly _tag: "Gone"; readonly hangs: boolean }

export type State =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Running" }
  /** it has been terminated; `stopped`: somebody waits for its end */
  | { readonly _tag: "Ending"; readonly stopped: boolean }
  /** `stopped`: somebody has been told */
  | { readonly _tag: "Ended"; readonly stopped: boolean }

export interface Limits {
  /** how long it may take to start, ms */
  readonly startMs: number
  /** how long it may take to end once it is terminated, ms */
  readonly endMs: number
}

interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

const starting: State = { _tag: "Starting" }

/** The thread has been asked for. */
export const begin = ({ startMs }: Limits): Step => ({ state: starting, actions: [{ _tag: "SetLimit", ms: startMs }] })

const exitCause = (code: number): Error => new Error(`the thread ended with exit code ${code}`)

export const step = (state: State, event: Event, limits: Limits): Step => {
  switch (state._tag) {
    case "Starting":
      return whileStarting(event, limits)
    case "Running":
      return whileRunning(event, limits)
    case "Ending":
      return whileEnding(state.stopped, event, limits)
    case "Ended":
      return event._tag === "Stop" && !state.stopped
        ? { state: { _tag: "Ended", stopped: true }, actions: [{ _tag: "Gone", hangs: false }] }
        : { state, actions: [] }
  }
}

const clear: Action = { _tag: "ClearLimit" }

const terminated = (stopped: boolean, { endMs }: Limits, ...actions: ReadonlyArray<Action>): Step => ({
  state: { _tag: "Ending", stopped },
  actions: [...actions, { _tag: "Terminate" }, ...(stopped ? [{ _tag: "SetLimit", ms: endMs } as const] : [])]
})

const whileStarting = (event: Event, limits: Limits): Step => {
  const ended = (cause: unknown): Step => ({
    state: { _tag: "Ended", stopped: false },
    actions: [clear, { _tag: "NotStarted", cause }]
  })
  switch (event._tag) {
    case "Said":
      return { state: { _tag: "Running" }, actions: [clear, { _tag: "Started", word: event.word }] }
    case "Failed":
      return ended(event.cause)
    case "Exited":
      return ended(exitCause(event.code))
    case "TimedOut": {
      const cause = new Error(`the thread did not start within ${limits.startMs} ms: the machine may be overloaded`)
      return terminated(false, limits, { _tag: "NotStarted", cause })
    }
    case "Stop": {
      const cause = new Error("the thread was stopped before it had started")
      return terminated(true, limits, clear, { _tag: "NotStarted", cause })
    }
  }
}

const whileRunning = (event: Event, limits: Limits): Step => {
  switch (event._tag) {
    case "Failed":
      return { state: { _tag: "Ended", stopped: false }, actions: [{ _tag: "Lost", cause: event.cause }] }
    case "Exited":
      return { state: { _tag: "Ended", stopped: false }, actions: [{ _tag: "Lost", cause: exitCause(event.code) }] }
    case "Stop":
      return terminated(true, limits)
    case "Said":
    case "TimedOut":
      return { state: { _tag: "Running" }, actions: [] }
  }
}

const whileEnding = (stopped: boolean, event: Event, limits: Limits): Step => {
  switch (event._tag) {
    case "Exited":
      return {
        state: { _tag: "Ended", stopped },
        actions: stopped ? [clear, { _tag: "Gone", hangs: false }] : []
      }
    case "TimedOut":
      return stopped
        ? { state: { _tag: "Ended", stopped }, actions: [{ _tag: "Gone", hangs: true }] }
        : { state: { _tag: "Ending", stopped }, actions: [] }
    case "Stop":
      return stopped
        ? { state: { _tag: "Ending", stopped }, actions: [] }
        : { state: { _tag: "Ending", stopped: true }, actions: [{ _tag: "SetLimit", ms: limits.endMs }] }
    // what it still says or throws is nobody's
    case "Said":
    case "Failed":
      return { state: { _tag: "Ending", stopped }, actions: [] }
  }
}
