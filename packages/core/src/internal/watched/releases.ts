/**
 * A stall that is over, as the thread itself knows it: made from a long slice, which the fiber hook saw, or from a late
 * beat. Called in the last moment of the slice, or in the beat's callback.
 */
import type { LongSlice } from "../hook/fiberHook.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import { beatKey, sliceKey } from "../stalls/observations.ts"
import * as ownNames from "../stalls/ownNames.ts"
import type { Release, VictimsSeen } from "../stalls/stallMachine.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"
import * as allowances from "./allowances.ts"
import * as floodProbe from "./floodProbe.ts"
import type { BeatStall } from "./heart/heartbeat.ts"
import * as heartbeat from "./heart/heartbeat.ts"
import * as provided from "./provided.ts"
import type { ObservedScheduler } from "./turns.ts"
import * as turns from "./turns.ts"
import * as victims from "./victims.ts"

const victimsAt = (at: number, observed: ObservedScheduler | undefined): VictimsSeen =>
  victims.seenAt(at, observed === undefined ? undefined : turns.queuedAt(at, observed))

/** A stall that was one outermost slice: of one fiber, or of many that ran in it. */
export const ofSlice = (slice: LongSlice, observed: ObservedScheduler | undefined): Release => {
  const { endedAt, startedAt } = slice
  const isOneFiber = slice.topMs >= (endedAt - startedAt) / 2
  const { labels } = fiberHook.thread
  const isStart = allowances.isMostlyOwn(startedAt, endedAt)
  const isWork = slice.ownMs >= (endedAt - startedAt) / 2
  const label = isWork ? slice.ownLabel : isOneFiber ? slice.label : heartbeat.sinceBeat().label
  return {
    key: sliceKey(slice.key),
    startedAt,
    endedAt,
    cause: isOneFiber ? "slice" : "convoy",
    goesOn: false,
    isActive: true,
    flooded: false,
    fiberId: isOneFiber ? slice.fiberId : undefined,
    name: isStart ? ownNames.start : labels.name(label),
    slices: slice.slices,
    whole: wholeCalls.longestIn(startedAt - performance.timeOrigin, endedAt - performance.timeOrigin),
    shares: isOneFiber ? [] : heartbeat.sharesSinceBeat(),
    victims: victimsAt(endedAt, observed),
    allowed: isStart
      ? allowances.ownReason
      : isOneFiber
        ? (allowances.reasonFor(slice.fiberId, startedAt, endedAt) ?? slice.allowed)
        : undefined,
    own: isStart || isWork,
    provided: provided.look()
  }
}

/** A stall that the heartbeat found: many short slices, or code outside of fibers. */
export const ofBeat = (stall: BeatStall, observed: ObservedScheduler | undefined): Release => {
  const { endedAt, startedAt } = stall
  const isConvoy = stall.busyMs >= (endedAt - startedAt) / 2
  const flooded = !isConvoy && floodProbe.answered(startedAt, endedAt)
  const origin = flooded ? floodProbe.originOf(startedAt) : undefined
  const isStart = allowances.isMostlyOwn(startedAt, endedAt)
  const name = isConvoy ? fiberHook.thread.labels.name(stall.label) : origin?.name
  return {
    key: beatKey(stall.key),
    startedAt,
    endedAt,
    cause: isConvoy ? "convoy" : "loop",
    goesOn: stall.goesOn,
    isActive: stall.isActive,
    flooded,
    fiberId: origin?.fiberId,
    name: isStart ? ownNames.start : name,
    slices: stall.slices,
    whole: undefined,
    shares: isConvoy ? heartbeat.sharesSinceBeat() : [],
    victims: victimsAt(endedAt, observed),
    allowed: isStart ? allowances.ownReason : undefined,
    own: isStart || ownNames.isOwn(name),
    provided: provided.look()
  }
}
