/**
 * A thread of Giveway's own: started, waited for, and ended. `threadMachine.ts` decides; this file has the worker and its
 * listeners. `keptThread.ts` starts the next one if it ends by a fault.
 *
 * **Invariants**
 * - Every listener is attached in the same step in which the thread is made, so no word comes before its listener. A fiber
 *   that attached it a step later missed the word if it gave way in between, and the program waited in its start for ever.
 * - The worker itself never keeps the process alive. While a caller waits, the timer of the wait's limit does.
 * - It runs none of the program's code: see `execArgv.ts`.
 *
 * Decision 0101.
 */
import type { Transferable } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as execArgv from "./execArgv.ts"
import * as ownFiles from "./ownFiles.ts"
import type { Event, Limits, State } from "./threadMachine.ts"
import * as threadMachine from "./threadMachine.ts"

/**
 * A start takes 50 to 120 ms on an idle machine, and 3 to 10 s where 15 processes share a core. Ending takes some 3 ms, unless
 * native code holds the thread. Guesses, far above both: a start that is only slow must not fail.
 */
const usualLimits: Limits = { startMs: 120_000, endMs: 5_000 }

export interface Options {
  readonly name: string
  readonly workerData: unknown
  readonly transferList: ReadonlyArray<Transferable>
  readonly maxHeapMb: number
  /** hears why a thread that ran has ended by itself */
  readonly onLost: (cause: unknown) => void
  /** tests have no minute to wait */
  readonly limits?: Limits
  /** whether it starts beside a program that does not wait for it, so its start keeps no process alive */
  readonly again?: boolean
}

/** How the start went: the thread's first word, or why there is none. */
type Outcome = { readonly word: unknown } | { readonly cause: unknown }

/**
 * New objects of a helper thread, MiB. V8's own limit is 48: a thread that writes an answer of 100 kB now and then would keep them all
 * for ever, since a thread at rest collects no garbage.
 */
const youngMb = 12

/** A thread, which starts when the object is made. {@link awaitStart} waits for it. */
export class HelperThread {
  private readonly options: Options
  private readonly limits: Limits
  private state: State
  private worker: Worker | undefined
  private limit: NodeJS.Timeout | undefined
  private outcome: Outcome | undefined
  private onOutcome: ((outcome: Outcome) => void) | undefined
  private onGone: (() => void) | undefined

  constructor(entry: URL, options: Options) {
    this.options = options
    this.limits = options.limits ?? usualLimits
    const { actions, state } = threadMachine.begin(this.limits)
    this.state = state
    actions.forEach(this.execute)
    const { maxHeapMb, name, transferList, workerData } = options
    try {
      ownFiles.requireFile(entry)
      this.worker = new Worker(entry, {
        ...execArgv.bare(process, entry.pathname.endsWith(".ts")),
        name,
        workerData,
        transferList: [...transferList],
        resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: youngMb }
      })
      this.worker.once("message", (word: unknown) => this.on({ _tag: "Said", word }))
      this.worker.on("error", (cause: unknown) => this.on({ _tag: "Failed", cause }))
      this.worker.once("exit", (code) => this.on({ _tag: "Exited", code }))
      this.worker.unref()
    } catch (cause) {
      // the limit of threads is reached, or permissions forbid it
      this.on({ _tag: "Refused", cause })
    }
  }

  /** Calls `told` once it is known how the start went, at once if it is. Returns a function that ends the wait. */
  whenStarted(told: (outcome: Outcome) => void): () => void {
    if (this.outcome === undefined) this.onOutcome = told
    else told(this.outcome)
    return () => (this.onOutcome = undefined)
  }

  /** Ends it, and calls `gone` when it has ended, or does not within its limit. */
  stop(gone: () => void): void {
    if (this.state._tag === "Ended" && this.state.stopped) return gone()
    this.onGone = gone
    this.on({ _tag: "Stop" })
  }

  private on(event: Event): void {
    const { actions, state } = threadMachine.step(this.state, event, this.limits)
    this.state = state
    actions.forEach(this.execute)
  }

  private readonly execute = (action: threadMachine.Action): void => {
    switch (action._tag) {
      case "Started":
        return this.settle({ word: action.word })
      case "NotStarted":
        return this.settle({ cause: action.cause })
      case "Lost":
        return this.options.onLost(action.cause)
      case "Terminate":
        void this.worker?.terminate()
        // Node lets a worker that is terminated keep the process alive
        this.worker?.unref()
        return
      case "SetLimit":
        this.limit = setTimeout(() => this.on({ _tag: "TimedOut" }), action.ms)
        if (this.options.again === true && this.state._tag === "Starting") this.limit.unref()
        return
      case "ClearLimit":
        return clearTimeout(this.limit)
      case "Gone":
        if (action.hangs) {
          process.emitWarning(
            `giveway: the thread ${this.options.name} has not ended ${this.limits.endMs} ms after it was stopped: native code holds it`
          )
        }
        return this.onGone?.()
    }
  }

  private settle(outcome: Outcome): void {
    this.outcome = outcome
    this.onOutcome?.(outcome)
    this.onOutcome = undefined
  }
}

/**
 * The thread's first word. Fails with the cause if it could not be made, dies before its first word, or does not come up in
 * time.
 */
export const awaitStart = (thread: HelperThread): Effect.Effect<unknown, unknown> =>
  Effect.callback((resume) => {
    const stop = thread.whenStarted((outcome) =>
      resume("word" in outcome ? Effect.succeed(outcome.word) : Effect.fail(outcome.cause))
    )
    return Effect.sync(stop)
  })
