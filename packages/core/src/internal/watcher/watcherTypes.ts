/**
 * The watcher's state, reports and actions, and the messages between it and the watched thread. `watching.ts` is the machine.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Cause } from "../stalls/causes.ts"
import type { Gap, Sample, Told } from "../stalls/observations.ts"
import type { RateLimit } from "../stalls/rateLimit.ts"
import type { Provided } from "../stalls/stallText.ts"
import type { Surroundings } from "../stalls/stackFrames.ts"
import type { Answer } from "./question.ts"
import type { Account } from "./threadTimes.ts"

/**
 * A stall while it lasts, as the watcher knows it.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Report {
  readonly key: string
  readonly phase: "opened" | "progress"
  readonly cause: Cause
  readonly ageMs: number
  readonly fiberId: number | undefined
  readonly name: string | undefined
  /** which parts of Giveway the thread has */
  readonly provided: Provided
  readonly sample: Sample | undefined
  /** reports of the same trouble that were dropped since the last one, because there were too many */
  readonly suppressed: number
}

/**
 * Messages from the watcher to the watched thread.
 *
 * @category messages
 * @since 0.1.0
 */
export type Message =
  | Told
  /** cut the test's budget short in a moment, and answer `Testing` at once */
  | { readonly _tag: "Test" }
  | { readonly _tag: "Tested"; readonly seen: boolean }

/**
 * Messages from the watched thread to the watcher.
 *
 * @category messages
 * @since 0.1.0
 */
export type Request =
  | { readonly _tag: "Label"; readonly label: number; readonly name: string }
  | { readonly _tag: "Settle"; readonly release: number; readonly from: number; readonly to: number }
  | { readonly _tag: "Testing" }

/**
 * Orders to the watcher's shell.
 *
 * @category the machine
 * @since 0.1.0
 */
export type Action =
  | { readonly _tag: "Ask"; readonly key: string }
  /**
   * A `quiet` report is shown by the page and `giveway top`, but not logged: the same was logged too often of late, the
   * stall is allowed, or the program has only just started.
   */
  | { readonly _tag: "Report"; readonly report: Report; readonly quiet: boolean }
  | { readonly _tag: "Tell"; readonly message: Message }

/**
 * A stall that the watcher has seen, and whose end it has not seen yet.
 *
 * @category the machine
 * @since 0.1.0
 */
export interface Open {
  readonly key: string
  readonly kind: "slice" | "beat"
  readonly startedAt: number
  readonly askedAt: number
  /** how long the thread had waited for a core by then, all in all, in ms */
  readonly coreWaitMs: number
  /** whether it has lasted for the threshold; the thread is asked for its stack before that */
  readonly overdue: boolean
  readonly reported: boolean
  /** the thread's last answer, and the sample made of it */
  readonly answer: Answer | undefined
  readonly sample: Sample | undefined
  /** at this age the thread is asked again */
  readonly nextSampleMs: number
  /** how many answers came at once and showed no place, so that the thread was asked again soon */
  readonly blanks: number
  /** how many reports of progress there were */
  readonly nextProgress: number
}

/**
 * The watcher's state.
 *
 * @category the machine
 * @since 0.1.0
 */
export interface State {
  readonly thresholdMs: number
  /** how often it looks while a stall is open, ms */
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly open: ReadonlyArray<Open>
  /** the stall of the question that is not answered yet, as it was when the question was asked */
  readonly asking: Open | undefined
  /** when it looked last, and when it meant to look next */
  readonly lookedAt: number
  readonly plannedAt: number
  readonly gaps: ReadonlyArray<Gap>
  readonly accounts: ReadonlyArray<Account>
  /** when the oldest open stall began; if none is open, when the last one did: it may still have to be accounted for */
  readonly heldSince: number
  readonly ownWaitMs: number | undefined
  /** which parts of Giveway the thread has, by its last answer */
  readonly provided: Provided
  /** whether a debugger can be attached, by the thread's last answer */
  readonly debugged: boolean
  /** until then only stalls of a second and more are logged */
  readonly graceUntil: number
  /** the heartbeat of the last look, and how many slices had begun when it was first seen */
  readonly heartbeat: number
  readonly slicesAtHeartbeat: number
  readonly coreWaitMs: number | undefined
  readonly limit: RateLimit
}
