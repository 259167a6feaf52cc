/**
 * A thread of Giveway's own, as an acquired resource: started, waited for, and ended with its scope. `threadMachine.ts`
 * decides; this file has the worker and its listeners.
 *
 * **Invariant.** Every listener is attached in the same step in which the thread is made, so that no word comes before its
 * listener, whoever runs meanwhile. A fiber that attached it a step later missed the word, and the program waited in its
 * start for ever.
 *
 * The thread keeps the process alive while it starts, and no longer.
 */
import type { WorkerOptions } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Event, Limits, State } from "./threadMachine.ts"
import * as threadMachine from "./threadMachine.ts"

/**
 * A start takes 50 to 120 ms on an idle machine, and seconds where ten processes share a core. Ending takes some 3 ms,
 * unless native code holds the thread. Guesses, far above both.
 */
const limits: Limits = { startMs: 60_000, endMs: 5_000 }

export interface HelperThread {
  /** the thread's first word */
  readonly word: unknown
}

interface Options extends WorkerOptions {
  readonly name: string
  /** hears why a thread that ran has ended by itself */
  readonly onLost: (cause: unknown) => void
}

class Handle {
  private state: State
  private worker: Worker | undefined
  private limit: NodeJS.Timeout | undefined
  private outcome: { readonly word: unknown } | { readonly cause: unknown } | undefined
  private onOutcome: (() => void) | undefined
  private gone = false
  private onGone: (() => void) | undefined
  private readonly options: Options

  constructor(entry: URL, options: Options) {
    this.options = options
    const { actions, state } = threadMachine.begin(limits)
    this.state = state
    for (const action of actions) this.execute(action)
    const { onLost: _, ...workerOptions } = options
    try {
      this.worker = new Worker(entry, workerOptions)
      this.worker.once("message", (word: unknown) => this.on({ _tag: "Said", word }))
      this.worker.on("error", (cause: unknown) => this.on({ _tag: "Failed", cause }))
      this.worker.once("exit", (code) => this.on({ _tag: "Exited", code }))
    } catch (cause) {
      this.on({ _tag: "Failed", cause })
    }
  }

  /** Calls `told` once it is known how the start went, at once if it is. */
  whenStarted(told: (outcome: { readonly word: unknown } | { readonly cause: unknown }) => void): void {
    this.onOutcome = () => told(this.outcome!)
    if (this.outcome !== undefined) this.onOutcome()
  }

  stop(gone: () => void): void {
    this.onGone = gone
    this.on({ _tag: "Stop" })
    if (this.gone) gone()
  }

  private on(event: Event): void {
    const { actions, state } = threadMachine.step(this.state, event, limits)
    this.state = state
    for (const action of actions) this.execute(action)
  }

  private execute(action: threadMachine.Action): void {
    switch (action._tag) {
      case "Started":
        this.worker?.unref()
        this.settle({ word: action.word })
        return
      case "NotStarted":
        this.settle({ cause: action.cause })
        return
      case "Lost":
        this.options.onLost(action.cause)
        return
      case "Terminate":
        void this.worker?.terminate()
        return
      case "SetLimit":
        clearTimeout(this.limit)
        this.limit = setTimeout(() => this.on({ _tag: "TimedOut" }), action.ms)
        return
      case "ClearLimit":
        clearTimeout(this.limit)
        return
      case "Gone": {
        if (action.hangs) {
          process.emitWarning(
            `giveway: the thread ${this.options.name} has not ended ${limits.endMs} ms after it was stopped: native code holds it`
          )
        }
        this.gone = true
        const { onGone } = this
        this.onGone = undefined
        onGone?.()
      }
    }
  }

  private settle(outcome: { readonly word: unknown } | { readonly cause: unknown }): void {
    this.outcome = outcome
    this.onOutcome?.()
  }
}

/**
 * Starts a thread, waits for its first word, and ends it with the scope. Fails with the cause if it cannot be made, dies
 * before its first word, or does not come up in time.
 */
export const start = (entry: URL, options: Options): Effect.Effect<HelperThread, unknown, Scope.Scope> =>
  Effect.flatMap(make(entry, options), awaitStart)

/** The same in two steps: the thread starts now, and is waited for when somebody wants to. */
export const make = (entry: URL, options: Options): Effect.Effect<Handle, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Handle(entry, options)),
    (handle) => Effect.callback<void>((resume) => handle.stop(() => resume(Effect.void)))
  )

export const awaitStart = (handle: Handle): Effect.Effect<HelperThread, unknown> =>
  Effect.callback((resume) =>
    handle.whenStarted((outcome) =>
      resume("word" in outcome ? Effect.succeed({ word: outcome.word }) : Effect.fail(outcome.cause))
    )
  )
