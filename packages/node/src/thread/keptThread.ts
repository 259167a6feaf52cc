/**
 * A thread of Giveway's own that is started again when it has ended by a fault. `restarts.ts` decides when; this file has
 * the pause, and one thread after the other.
 *
 * **Invariants**
 * - There is one thread at a time. The next one starts when the last has ended, so an address that it listened on is free.
 * - Each thread is given data of its own, made when it starts: the ports of the last one went with it.
 * - Neither a pause nor a start again keeps the process alive. Once the scope has closed, neither is left.
 *
 * Rejected: Effect's `Schedule` in a fiber. The fiber would need the loop of the program to be free for many turns, where a timer
 * needs one, and its scheduler is the one that the watcher watches.
 *
 * Decision 0125.
 */
import { ownFibers, runOwn } from "@giveway/core/platform/Start"
import { safeLine } from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as helperThread from "./helperThread.ts"
import type { Limits, State } from "./restarts.ts"
import * as restarts from "./restarts.ts"

interface Options {
  /** as a user knows it: "sysmon" */
  readonly name: string
  /** that a user has not while it does not run: "stalls are not reported while they last" */
  readonly missing: string
  readonly maxHeapMb: number
  /** makes the data for a thread that is about to start */
  readonly begin: () => Pick<helperThread.Options, "workerData" | "transferList">
  /** it runs again, and this was its first word; returns why it is of no use, if it is none */
  readonly onAgain?: (word: unknown) => unknown
  readonly limits?: Limits
}

class KeptThread {
  private readonly entry: URL
  private readonly options: Options
  private readonly tell: (line: string) => void
  private readonly limits: Limits
  private state: State = restarts.initial
  private pause: NodeJS.Timeout | undefined
  current: helperThread.HelperThread

  constructor(entry: URL, options: Options, tell: (line: string) => void) {
    this.entry = entry
    this.options = options
    this.tell = tell
    this.limits = options.limits ?? restarts.usualLimits
    this.current = this.start(false)
  }

  /** Ends it for good, and calls `gone` when no thread is left. */
  stop(gone: () => void): void {
    this.on({ _tag: "Close" })
    this.current.stop(gone)
  }

  private start(again: boolean): helperThread.HelperThread {
    const { begin, maxHeapMb, name } = this.options
    const onLost = (cause: unknown): void => this.ended(cause)
    return runOwn(
      () => new helperThread.HelperThread(this.entry, { ...begin(), name: `giveway-${name}`, maxHeapMb, onLost, again })
    )
  }

  private readonly ended = (cause: unknown): void => this.on({ _tag: "Ended", cause, at: performance.now() })

  private on(event: restarts.Event): void {
    const { actions, state } = restarts.step(this.state, event, this.limits)
    this.state = state
    actions.forEach(this.execute)
  }

  private readonly execute = (action: restarts.Action): void => {
    switch (action._tag) {
      case "Tell":
        return this.tell(lineOf(action.end, this.options, this.limits))
      case "Pause":
        this.pause = setTimeout(() => this.on({ _tag: "Due" }), action.ms).unref()
        return
      case "EndPause":
        return clearTimeout(this.pause)
      case "Start":
        return this.startAgain()
    }
  }

  private startAgain(): void {
    let thread: helperThread.HelperThread
    try {
      thread = this.current = this.start(true)
    } catch (cause) {
      return this.ended(cause)
    }
    thread.whenStarted((outcome) => {
      if ("cause" in outcome) return this.ended(outcome.cause)
      const objection = this.options.onAgain?.(outcome.word)
      if (objection !== undefined) thread.stop(() => this.ended(objection))
    })
  }
}

const lineOf = ({ againInMs, cause, ends }: restarts.End, { missing, name }: Options, limits: Limits): string => {
  const ended = `Giveway: the ${name} thread ended: ${String(cause)}.`
  return againInMs === undefined
    ? `${ended} It ended ${ends} times within ${limits.withinMs / 60_000} minutes and is not started again: from now on ${missing}. Restart the process to have it back`
    : `${ended} It is started again in ${againInMs / 1000} s, and until then ${missing}`
}

/** Makes a thread, which starts now and ends with the scope. {@link awaitStart} waits for it; if that fails, none is started again. */
export const make = (entry: URL, options: Options): Effect.Effect<KeptThread, never, Scope.Scope> =>
  Effect.flatMap(Effect.context<never>(), (context) => {
    const tell = (line: string): void =>
      void Effect.runForkWith(context)(ownFibers.as("logs")(Effect.logWarning(safeLine(line))))
    return Effect.acquireRelease(
      Effect.sync(() => new KeptThread(entry, options, tell)),
      (thread) => Effect.callback<void>((resume) => thread.stop(() => resume(Effect.void)))
    )
  })

/** The first thread's first word. Fails as `helperThread.awaitStart` does. */
export const awaitStart = (thread: KeptThread): Effect.Effect<unknown, unknown> =>
  helperThread.awaitStart(thread.current)
