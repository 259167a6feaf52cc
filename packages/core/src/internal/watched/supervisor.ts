/**
 * The shell of supervision within the thread: it installs the hook, the heartbeat and the scheduler's observer, turns
 * what they find into events of the starvation machine, and executes its actions. No Effect runs here: all of it happens
 * in the last moment of a slice or in a timer's callback.
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as Lints from "../../Lints.ts"
import * as Starvation from "../../Starvation.ts"
import type { Message, Notice, PerMinute, Request, Usage } from "../../Sysmon.ts"
import * as allowances from "./allowances.ts"
import * as answers from "./answers.ts"
import * as diagnose from "./diagnose.ts"
import type { LongSlice } from "../hook/fiberHook.ts"
import * as flagTest from "../watcher/flagTest.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import * as floodProbe from "./floodProbe.ts"
import type { Hold } from "./heartbeat.ts"
import * as heartbeat from "./heartbeat.ts"
import type { FiberInfo, LostFiber } from "../fibers/fiberInfo.ts"
import * as liveFibers from "../hook/liveFibers.ts"
import * as longParses from "./longParses.ts"
import type { LoopObserver } from "../scheduler/loopObserver.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import * as starvationText from "../stalls/stallText.ts"
import * as usage from "../sharedMemory/usage.ts"
import * as victims from "./victims.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** What the layer has to do, in Effect. */
export type Told = Exclude<Starvation.Action, { readonly _tag: "AskWatcher" }>

/** Stalls that are kept to be looked at. A guess. */
const keptStalls = 32

/** A scheduler that tells of its turns, as FairScheduler does. */
interface ObservedScheduler extends Scheduler.Scheduler {
  observer: LoopObserver | undefined
  statistics(): { readonly ready: number }
}

const observedOf = (scheduler: Scheduler.Scheduler): ObservedScheduler | undefined =>
  "observer" in scheduler && "statistics" in scheduler ? (scheduler as ObservedScheduler) : undefined

/** The scheduler of the current fiber. */
export const currentScheduler: Effect.Effect<Scheduler.Scheduler> = Effect.service(Scheduler.Scheduler)

export const describe = (starvation: Starvation.Starvation, suppressed: number): string => {
  const { durationMs, unobservedMs } = starvation
  // a few milliseconds are nothing to remark on
  const doubt =
    unobservedMs > durationMs / 4 ? ` (for ${starvationText.duration(unobservedMs)} of it the thread had no core)` : ""
  return `${starvation.toString()}${doubt}${starvationText.suppressed(suppressed)}`
}

const observe = (observed: ObservedScheduler | undefined): (() => void) => {
  // another supervision of this thread may listen already, and writes the same block
  if (observed === undefined || observed.observer !== undefined) return () => {}
  const { block } = fiberHook.thread
  const origin = performance.timeOrigin
  const observer: LoopObserver = {
    beginTurn: (now, ready, oldestReady) => threadBlock.beginTurn(block, origin + now, ready, origin + oldestReady),
    endTurn: (ready) => threadBlock.endTurn(block, ready),
    serving: fiberHook.serving,
    ran: fiberHook.leavesQueue
  }
  observed.observer = observer
  return () => {
    if (observed.observer === observer) observed.observer = undefined
  }
}

/** Who still waits, and, where the scheduler tells, since when the oldest of those did that were ready when the turn began. */
const victimsAt = (endedAt: number, observed: ObservedScheduler | undefined): Starvation.VictimsSeen => {
  if (observed === undefined) return victims.seenAt(endedAt, undefined)
  const { oldestReady } = threadBlock.readBeacon(fiberHook.thread.block)
  const longestWaitMs = oldestReady === 0 ? 0 : Math.max(0, endedAt - oldestReady)
  return victims.seenAt(endedAt, { ready: observed.statistics().ready, longestWaitMs })
}

const releaseOfSlice = (slice: LongSlice, observed: ObservedScheduler | undefined): Starvation.Release => {
  const { endedAt, startedAt } = slice
  const isOneFiber = slice.topMs >= (endedAt - startedAt) / 2
  return {
    key: `slice:${slice.key}`,
    startedAt,
    endedAt,
    cause: isOneFiber ? "slice" : "convoy",
    goesOn: false,
    flooded: false,
    fiberId: isOneFiber ? slice.fiberId : undefined,
    name: fiberHook.thread.labels.name(isOneFiber ? slice.label : heartbeat.sinceBeat().label),
    slices: slice.slices,
    whole: wholeCalls.longestIn(startedAt - performance.timeOrigin, endedAt - performance.timeOrigin),
    shares: isOneFiber ? [] : heartbeat.sharesSinceBeat(),
    victims: victimsAt(endedAt, observed),
    allowed: isOneFiber ? allowances.reasonFor(slice.fiberId, startedAt, endedAt) : undefined
  }
}

const releaseOfHold = (hold: Hold, observed: ObservedScheduler | undefined): Starvation.Release => {
  const { endedAt, startedAt } = hold
  const isConvoy = hold.busyMs >= (endedAt - startedAt) / 2
  const flooded = !isConvoy && floodProbe.answered(startedAt, endedAt)
  const origin = flooded ? floodProbe.originOf(startedAt) : undefined
  const name = isConvoy ? fiberHook.thread.labels.name(hold.label) : origin?.name
  return {
    key: `hold:${hold.key}`,
    startedAt,
    endedAt,
    cause: isConvoy ? "convoy" : "loop",
    goesOn: hold.goesOn,
    flooded,
    fiberId: origin?.fiberId,
    name,
    slices: hold.slices,
    whole: undefined,
    shares: isConvoy ? heartbeat.sharesSinceBeat() : [],
    victims: victimsAt(endedAt, observed),
    allowed: undefined
  }
}

export interface Supervised {
  readonly buffer: SharedArrayBuffer
  readonly receive: (message: Message | Notice) => void
  /** from now on the watcher is asked through `request` */
  readonly attach: (request: (request: Request) => void) => void
  readonly now: () => number
  readonly fibers: () => ReadonlyArray<FiberInfo>
  readonly lost: () => ReadonlyArray<LostFiber>
  readonly recent: () => ReadonlyArray<Starvation.Starvation>
  readonly usage: () => ReadonlyArray<Usage>
  /** the accounts behind `usage`, for the watcher */
  readonly accounts: SharedArrayBuffer
  readonly statistics: () => {
    readonly liveFibers: number
    readonly slices: number
    readonly selfMs: number
    readonly stalls: number
    readonly excused: number
    readonly hooked: boolean
    readonly slicesEndBy: "clock" | "watcher" | undefined
  }
  /** takes everything back; returns what is left to be told */
  readonly stop: () => ReadonlyArray<Told>
}

export const start = (options: {
  readonly thresholdMs: number
  readonly graceMs: number
  readonly perMinute: PerMinute
  readonly watched: boolean
  readonly scheduler: Scheduler.Scheduler
  readonly tell: (told: Told) => void
}): Supervised => {
  const { thresholdMs } = options
  const { accounts, block, labels, table } = fiberHook.thread
  let state = Starvation.initial({
    thresholdMs,
    watched: options.watched,
    graceUntil: fiberHook.now() + options.graceMs,
    perMinute: options.perMinute
  })
  let recent: ReadonlyArray<Starvation.Starvation> = []
  let request: ((request: Request) => void) | undefined
  let slicesEndBy: "clock" | "watcher" | undefined

  const step = (event: Starvation.Event, tell = options.tell): void => {
    const next = Starvation.transition(state, event)
    state = next.state
    for (const action of next.actions) {
      if (action._tag === "AskWatcher") {
        const { endedAt, number, startedAt } = action
        request?.({ _tag: "Settle", release: number, from: startedAt, to: endedAt })
        threadBlock.wake(block)
        continue
      }
      if (action._tag === "Publish") recent = [...recent, action.starvation].slice(-keptStalls)
      tell(action)
    }
  }

  const observed = observedOf(options.scheduler)
  const features = fiberHook.install()
  if (features !== undefined) victims.prepare()
  const fibers = (): ReadonlyArray<FiberInfo> => (features === undefined ? [] : liveFibers.snapshot(features))
  const statistics = (): ReturnType<Supervised["statistics"]> => ({
    liveFibers: table.live(),
    slices: fiberHook.thread.slices,
    selfMs: fiberHook.thread.times[fiberHook.Times.total]!,
    stalls: state.published,
    excused: state.excused,
    hooked: features !== undefined,
    slicesEndBy
  })
  const takeBack = [
    diagnose.install(),
    longParses.observe(),
    answers.provide("fibers", () => ({ takenAt: fiberHook.now(), fibers: fibers() })),
    // without fibers that were garbage: to collect those changes the table, perhaps in the middle of a change
    answers.provide("lints", () =>
      Lints.check({ takenAt: fiberHook.now(), fibers: fibers(), stalls: recent, lost: [] })
    ),
    answers.provide("recent", () => recent),
    answers.provide("statistics", statistics),
    fiberHook.listen(thresholdMs, (slice) => step({ _tag: "Released", release: releaseOfSlice(slice, observed) })),
    heartbeat.listen({
      thresholdMs,
      onHold: (hold) => step({ _tag: "Released", release: releaseOfHold(hold, observed) }),
      onBeat: (now) => {
        if (state.pending.length > 0) step({ _tag: "Ticked", now })
      }
    }),
    observe(observed)
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
    attach: (ask) => {
      request = ask
      for (let label = 1; label < labels.count(); label++) {
        ask({ _tag: "Label", label, name: labels.name(label)! })
      }
      labels.onNew.add(ask)
      takeBack.push(
        () => labels.onNew.delete(ask),
        () => threadBlock.unwatch(block)
      )
    },
    now: fiberHook.now,
    fibers,
    lost: liveFibers.lost,
    recent: () => recent,
    usage: () => usage.read(accounts, labels.entries()),
    accounts: accounts.buffer,
    statistics,
    stop: () => {
      for (const undo of takeBack) undo()
      if (features !== undefined) fiberHook.uninstall()
      const left: Array<Told> = []
      step({ _tag: "Ticked", now: Infinity }, (told) => left.push(told))
      return left
    }
  }
}
