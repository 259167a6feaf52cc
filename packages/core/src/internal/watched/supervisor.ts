/**
 * The shell of supervision within the thread. It installs the fiber hook, the heartbeat and the scheduler's observer, turns
 * their findings into events of the stall machine, and executes the machine's actions.
 *
 * No Effect runs here: everything happens in the last moment of a slice or in a timer's callback. `supervision.ts` is the
 * part that does run Effects.
 *
 * **Invariant.** The stall machine may come later than the first events (`judging.ts`). They wait for it, with the times that they had, so
 * the records are the same.
 */
import type * as Scheduler from "effect/Scheduler"
import type * as Lints from "../../Lints.ts"
import type { Starvation } from "../../Starvation.ts"
import * as answers from "./answers.ts"
import * as diagnose from "./diagnose.ts"
import * as flagTest from "../watcher/flagTest.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import * as heartbeat from "./heart/heartbeat.ts"
import type { FiberInfo, LostFiber } from "../fibers/fiberInfo.ts"
import * as liveFibers from "../hook/liveFibers.ts"
import type * as Judging from "./judging.ts"
import * as longParses from "./longParses.ts"
import { now } from "../sharedMemory/clock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import type { Notice } from "../stalls/observations.ts"
import type { PerMinute } from "../stalls/rateLimit.ts"
import { seriousMs } from "../stalls/rateLimit.ts"
import type * as stallMachine from "../stalls/stallMachine.ts"
import type { Usage } from "../sharedMemory/usage.ts"
import * as usage from "../sharedMemory/usage.ts"
import type { Message, Request } from "../watcher/watcherTypes.ts"
import { kept } from "./publishing.ts"
import * as provided from "./provided.ts"
import * as releases from "./releases.ts"
import * as turns from "./turns.ts"
import * as victims from "./victims.ts"

/** Actions that need Effects: `supervision.ts` executes them. */
export type Announcement = Exclude<stallMachine.Action, { readonly _tag: "AskWatcher" }>

type Asked = Extract<stallMachine.Action, { readonly _tag: "AskWatcher" }>

/**
 * The largest snapshot that goes to another thread or process. It takes the loop a second, and some 30 MB of JSON, which pass through
 * the diagnostics thread and its heap of 256 MB.
 */
const largestAnswer: liveFibers.Limit = { fibers: 100_000, letters: 2 ** 26 }

/** Findings of lints in an answer. A guess: nobody mends more at a time. */
const mostFindings = 500

/** The first findings, and one that says how many more there are. */
const firstOf = (findings: ReadonlyArray<Lints.Finding>, { Finding }: typeof Judging): ReadonlyArray<Lints.Finding> => {
  const more = findings.length - mostFindings
  if (more <= 0) return findings
  const message = `${more} more findings are left out`
  const about = new Finding({ lint: "left-out", fibers: [], message, fix: "mend some of the others first" })
  return [...findings.slice(0, mostFindings), about]
}

/** Events that wait for the stall machine, which takes some 100 ms to come. A guess: a stall has a few. */
const mostWaiting = 1024

/**
 * The counters of a supervision.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statistics {
  /** fibers that run, or have suspended and not ended */
  readonly liveFibers: number
  /** slices of all fibers since this thread first was supervised */
  readonly slices: number
  /** self time of all fibers since then, ms */
  readonly selfMs: number
  /** stalls published by this supervision */
  readonly stalls: number
  /** of those, the stalls in which the thread was not run: `os-starved`, `suspended` and `debugger` */
  readonly excused: number
  /** whether slices are seen; if not, this version of Effect runs fibers in a way that Giveway does not know */
  readonly hooked: boolean
  /**
   * How a slice of compiled code ends whose work is dearer than was estimated: the `watcher` ends it, once a test has shown
   * that running code sees the watcher's stores; the `clock` alone does, if the test has shown that it does not.
   * `undefined` without a watcher, and as long as no compiled code has run for long.
   */
  readonly slicesEndBy: "clock" | "watcher" | undefined
}

/** A thread under supervision, for the layer. */
interface Supervised {
  readonly buffer: SharedArrayBuffer
  readonly receive: (message: Message | Notice) => void
  /** the stall machine is here */
  readonly judge: (judging: typeof Judging) => void
  /** whether events wait for it that may become a line in the log: at the end of a program nobody sees the others any more */
  readonly isWaiting: () => boolean
  /** no watcher will come: stalls are published without it */
  readonly unwatch: () => void
  /** from now on `request` reaches the watcher */
  readonly attach: (request: (request: Request) => void) => void
  readonly fibers: () => ReadonlyArray<FiberInfo>
  readonly lost: () => ReadonlyArray<LostFiber>
  readonly recent: () => ReadonlyArray<Starvation>
  readonly usage: () => ReadonlyArray<Usage>
  /** the accounts behind `usage`, for the watcher */
  readonly accounts: SharedArrayBuffer
  readonly statistics: () => Statistics
  /** uninstalls everything; returns the actions that are left to be executed */
  readonly stop: () => ReadonlyArray<Announcement>
}

/** Starts supervising this thread, until `stop` is called. */
export const start = (options: {
  readonly thresholdMs: number
  readonly graceMs: number
  readonly perMinute: PerMinute
  readonly watched: boolean
  readonly scheduler: Scheduler.Scheduler
  readonly announce: (action: Announcement) => void
  /** the first event waits for the stall machine */
  readonly onWait: () => void
}): Supervised => {
  const { thresholdMs } = options
  const { accounts, block, labels, table } = fiberHook.thread
  const graceUntil = now() + options.graceMs
  let judged: { readonly by: typeof Judging; state: ReturnType<typeof Judging.initial> } | undefined
  let waiting: ReadonlyArray<stallMachine.Event> = []
  let recent: ReadonlyArray<Starvation> = []
  let request: ((request: Request) => void) | undefined
  let slicesEndBy: "clock" | "watcher" | undefined

  /** the stalls that ended before the watcher watched: its first reading of the thread's times is older */
  let early: ReadonlyArray<Asked> = []
  let watched = options.watched
  /** the watcher may be asked from then on; one that has not answered for some time after that will not */
  let attachedAt = watched ? Infinity : -Infinity

  const mayBeLogged = ({ endedAt, startedAt }: stallMachine.Release): boolean =>
    startedAt >= graceUntil || endedAt - startedAt >= seriousMs

  const settle = (ask: (request: Request) => void, { endedAt, number, startedAt }: Asked): void => {
    ask({ _tag: "Settle", release: number, from: startedAt, to: endedAt })
    threadBlock.wake(block)
  }

  const step = (event: stallMachine.Event, execute = options.announce): void => {
    if (judged === undefined) {
      if (waiting.length === 0) options.onWait()
      waiting = [...waiting, event].slice(-mostWaiting)
      return
    }
    const next = judged.by.transition(judged.state, event)
    judged.state = next.state
    for (const action of next.actions) {
      if (action._tag === "AskWatcher") {
        if (request === undefined) early = [...early, action].slice(-kept)
        else settle(request, action)
        continue
      }
      if (action._tag === "Publish") recent = [...recent, action.stall].slice(-kept)
      execute(action)
    }
  }

  const observed = turns.observedOf(options.scheduler)
  const unfair = observed === undefined ? () => {} : provided.fairly()
  const features = fiberHook.install()
  if (features !== undefined) victims.prepare()
  const snapshot = (limit?: liveFibers.Limit): ReturnType<typeof liveFibers.snapshot> =>
    features === undefined ? { fibers: [] } : liveFibers.snapshot(features, limit)
  const fibers = (): ReadonlyArray<FiberInfo> => snapshot().fibers
  const statistics = (): Statistics => ({
    liveFibers: table.live(),
    slices: fiberHook.thread.slices,
    selfMs: fiberHook.thread.times[fiberHook.Times.total]!,
    stalls: judged?.state.published ?? 0,
    excused: judged?.state.excused ?? 0,
    hooked: features !== undefined,
    slicesEndBy
  })
  const takeBack = [
    diagnose.install(),
    longParses.observe(),
    answers.provide("fibers", () => ({ takenAt: now(), ...snapshot(largestAnswer) })),
    // without lost fibers: collecting those changes the table, perhaps in the middle of another change
    answers.provide("lints", () => {
      if (judged === undefined) return undefined
      const [takenAt, { fibers, left }] = [now(), snapshot(largestAnswer)]
      const { by } = judged
      return firstOf(by.check({ takenAt, fibers, stalls: recent, lost: [], after: left?.after }), by)
    }),
    answers.provide("recent", () => recent),
    answers.provide("statistics", statistics),
    fiberHook.listen(thresholdMs, (slice) => step({ _tag: "Released", release: releases.ofSlice(slice, observed) })),
    heartbeat.listen({
      thresholdMs,
      onStall: (stall) => step({ _tag: "Released", release: releases.ofBeat(stall, observed) }),
      onBeat: (at) => {
        if (judged === undefined || judged.state.pending.length === 0) return
        if (at >= attachedAt + judged.by.patienceMs) step({ _tag: "Ticked", now: at })
      },
      // a stall that waits for its watcher is published at a beat
      mayRest: () => (judged?.state.pending ?? waiting).length === 0 && (!watched || threadBlock.seesRest(block))
    }),
    turns.observe(observed),
    unfair
  ]

  const receive = (message: Message | Notice): void => {
    switch (message._tag) {
      case "Test":
        threadBlock.setTest(block, false)
        request?.({ _tag: "Testing" })
        threadBlock.wake(block)
        setTimeout(() => threadBlock.setTest(block, true), flagTest.delayMs)
        return
      case "Tested":
        slicesEndBy = message.seen ? "watcher" : "clock"
        return
      default:
        step(message)
    }
  }

  return {
    buffer: block.buffer,
    receive,
    judge: (by) => {
      if (judged !== undefined) return
      const { perMinute } = options
      judged = { by, state: by.initial({ thresholdMs, watched, graceUntil, perMinute }) }
      for (const event of waiting) step(event)
      waiting = []
    },
    isWaiting: () => waiting.some((event) => event._tag !== "Released" || mayBeLogged(event.release)),
    unwatch: () => {
      watched = false
      attachedAt = -Infinity
      early = []
      if (judged !== undefined) judged.state = { ...judged.state, watched }
    },
    attach: (ask) => {
      request = ask
      for (let label = 1; label < labels.count(); label++) {
        ask({ _tag: "Label", label, name: labels.name(label)! })
      }
      labels.onNew.add(ask)
      attachedAt = now()
      for (const action of early) settle(ask, action)
      early = []
      takeBack.push(
        () => labels.onNew.delete(ask),
        () => threadBlock.unwatch(block)
      )
    },
    fibers,
    lost: liveFibers.lost,
    recent: () => recent,
    usage: () => usage.read(accounts, labels.entries()),
    accounts: accounts.buffer,
    statistics,
    stop: () => {
      for (const undo of takeBack) undo()
      if (features !== undefined) fiberHook.uninstall()
      const left: Array<Announcement> = []
      if (judged !== undefined) step({ _tag: "Ticked", now: Infinity }, (action) => left.push(action))
      return left
    }
  }
}
