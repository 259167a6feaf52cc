/**
 * The one question that the watcher asks the watched thread in the middle of a stall, and the answer.
 *
 * The watcher evaluates an expression in that thread. `watched/diagnose.ts` answers: it stands on `globalThis` under
 * {@link key}. Nothing here imports Effect: it loads in the watching thread.
 */
import type { Provided, Whole } from "../stalls/stallText.ts"

const name = "~giveway/diagnose"

/** Under this the answering function stands on `globalThis`. */
export const key: symbol = Symbol.for(name)

/**
 * The question, in JavaScript. The watched thread evaluates it; the result is an `Answer` as JSON.
 *
 * @category the question
 * @since 0.1.0
 */
export const question = `globalThis[Symbol.for("${name}")]?.()`

/**
 * The watched thread's account of itself, in the middle of a stall. Times in ms.
 *
 * @category the question
 * @since 0.1.0
 */
export interface Answer {
  /** when it answered, on the clock that all threads share */
  readonly at: number
  /** number of the outermost slice that runs, 0 if none does */
  readonly outerSeq: number
  readonly heartbeat: number
  /** the loop was idle, or turned, until then at least */
  readonly idleUntil: number
  /** the innermost running fiber */
  readonly current:
    | { readonly fiberId: number; readonly name: string | undefined; readonly frames: ReadonlyArray<string> }
    | undefined
  /** whether microtasks were seen to run while the loop could not turn */
  readonly flooded: boolean
  /** if no fiber runs: the fiber that most likely started the microtasks that run, and when its last slice ended */
  readonly origin: { readonly fiberId: number; readonly name: string | undefined; readonly endedAt: number } | undefined
  /** the reason, if the fiber that holds the loop is allowed to */
  readonly allowed: string | undefined
  /** the fiber with most self time in the outermost slice, and that time */
  readonly hog: { readonly fiberId: number; readonly name: string | undefined; readonly selfMs: number }
  /** whether most of the stall was work of Giveway's own, as far as it lasts by now */
  readonly own: boolean
  /** whether a debugger is attached to the process */
  readonly debugged: boolean
  readonly provided: Provided
  /** self time of all fibers since the last heartbeat, and the name with most of it */
  readonly busyMs: number
  readonly busiest: string | undefined
  /** the `Pure.fn` function without yield points that runs, and for how long it has */
  readonly whole: (Whole & { readonly ms: number }) | undefined
  /** the last long call of `JSON.parse`, from when to when, and its caller's stack */
  readonly parsed: { readonly from: number; readonly to: number; readonly stack: string } | undefined
  readonly stack: string
}
