/**
 * The fiber hook: sees every slice of every fiber of this thread, by wrapping `runLoop` on the prototype that all fibers
 * share. No public interface of Effect shows the end of a slice, or the slices that run inside another one.
 *
 * **Self time.** A fiber that starts a child inline, or completes an event that another fiber awaits, runs that fiber inside its
 * own slice. Each moment belongs to the innermost fiber. Two clock readings per slice measure that: the time since the last
 * boundary goes to the fiber that ran until now. Where the run queue resumes one fiber right after another has suspended, one
 * reading serves for both, since only the scheduler ran in between.
 *
 * **Invariant.** The hook is tested before it is used: `fiberProbe.ts` runs a small program under a recording wrapper, and the
 * record (which fiber entered, what a suspension and an end return, which fiber forked which) must be as this file needs it.
 * With a version of Effect where it is not, no hook is installed: the registry is empty and no slice is seen, but the heartbeat
 * still finds each stall, and the watcher still asks the thread which fiber is current.
 *
 * Each thread has one hook. Installations are counted: it stays as long as one supervision does.
 *
 * Rejected: `Scheduler.shouldYield` alone (it shows no end of a slice, so no self time, and only under schedulers of ours); a
 * `Map` from fiber to record (a lookup per slice, and 60 bytes more a fiber) instead of one small integer on the fiber;
 * one clock reading for the end of any slice and the beginning of the next (the code that runs in between, a fiber's exit
 * observers or the callbacks of a host, would be blamed on the next fiber).
 *
 * Decision 0039.
 */
import * as Fiber from "effect/Fiber"
import * as allowedFibers from "./allowedFibers.ts"
import { claim } from "../copies/sharedState.ts"
import type { Features, FiberPrototype } from "./fiberProbe.ts"
import type { AnyFiber } from "./innards.ts"
import * as awaiting from "./awaiting.ts"
import * as fiberProbe from "./fiberProbe.ts"
import { now, thread, Times } from "./hookedThread.ts"
import * as routes from "./routes.ts"
import * as sleepNotes from "./sleepNotes.ts"
import * as suspension from "./suspension.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import * as usage from "../sharedMemory/usage.ts"

export { now, thread, Times } from "./hookedThread.ts"

/**
 * The integer that the hook keeps on a fiber: its row in the table, or, before its first suspension and after its end,
 * `-1 - id` of its parent (0 for none).
 */
const mark: unique symbol = Symbol.for("~giveway/fiber")

/** A fiber with its mark. */
type HookedFiber = AnyFiber & { [mark]?: number }

/** An outermost slice that was long. Times in ms of the shared clock. */
export interface LongSlice {
  readonly key: number
  readonly startedAt: number
  readonly endedAt: number
  /** the fiber with the longest slice of its own in it, and that slice */
  readonly fiberId: number
  readonly label: number
  readonly topMs: number
  /** the reason, if that fiber may hold the loop as those that forked it */
  readonly allowed: string | undefined
  /** work of Giveway's own in it, and its label */
  readonly ownMs: number
  readonly ownLabel: number
  /** slices that ran nested in it */
  readonly slices: number
}

interface Listener {
  readonly thresholdMs: number
  readonly onLongSlice: (slice: LongSlice) => void
}

/** The slices on the stack, outermost first: the cells of a {@link Frame} each. One array of doubles, so that no number is boxed. */
let frames = new Float64Array(64 * 4)

/** Cells of a frame: when the slice began, its self time so far, its label, its delay. */
const Frame = { start: 0, self: 1, label: 2, delay: 3, cells: 4 } as const

/** The delay of a slice that was not queued. */
const notQueued = -1

const listeners = new Set<Listener>()
/** the lowest threshold of a listener */
let leastLong = Infinity
let onActivity: (() => void) | undefined
let topFiberId = 0
let topLabel = 0
let topAllowed: string | undefined
let ownLabel = 0
let slicesAtOuterBegin = 0

// looked up once: as a global it costs 10 ns more a reading
const clock = performance
const origin = clock.timeOrigin
const { accounts, block, labels, running, table, times } = thread

const begin = (fiber: HookedFiber): void => {
  suspension.clear(fiber)
  const readySince = times[Times.readySince]!
  const at = readySince !== 0 && times[Times.adjoins] === 1 ? times[Times.boundary]! : origin + clock.now()
  const depth = thread.depth
  const frame = depth * Frame.cells
  if (depth === 0) {
    if (onActivity !== undefined) wakeUp()
    times[Times.top] = 0
    times[Times.own] = 0
    slicesAtOuterBegin = thread.slices
  } else {
    if (frame === frames.length) deepen()
    const outer = frame - Frame.cells + Frame.self
    frames[outer] = frames[outer]! + (at - times[Times.boundary]!)
  }
  times[Times.boundary] = at
  const label = labels.of(fiber)
  running[depth] = fiber
  frames[frame + Frame.start] = at
  frames[frame + Frame.self] = 0
  frames[frame + Frame.label] = label
  // taken by the first slice that begins: those nested in it were not queued
  if (readySince === 0) {
    frames[frame + Frame.delay] = notQueued
  } else {
    const delay = readySince > at ? 0 : at - readySince
    frames[frame + Frame.delay] = delay
    times[Times.readySince] = 0
    usage.addDelay(accounts, label, delay)
  }
  thread.depth = depth + 1
  thread.slices++
  threadBlock.beginSlice(block, depth + 1, fiber.id, label, at)
}

const deepen = (): void => {
  const deeper = new Float64Array(frames.length * 2)
  deeper.set(frames)
  frames = deeper
}

const end = (fiber: HookedFiber, suspended: boolean): void => {
  const at = origin + clock.now()
  const depth = --thread.depth
  const frame = depth * Frame.cells
  const self = frames[frame + Frame.self]! + (at - times[Times.boundary]!)
  const label = frames[frame + Frame.label]!
  const delay = frames[frame + Frame.delay]!
  times[Times.boundary] = at
  running[depth] = undefined
  times[Times.adjoins] = suspended && depth === 0 && delay !== notQueued ? 1 : 0
  const sleep = times[Times.sleep]!
  if (sleep !== 0) times[Times.sleep] = 0
  const row = fiber[mark]
  if (!suspended) {
    if (row !== undefined && row >= 0) leave(fiber, row)
  } else {
    const taken = row !== undefined && row >= 0 ? row : enter(fiber, row, frame)
    table.account(taken, self, delay, at, !suspension.isWaiting(fiber), sleep)
  }
  usage.addSlice(accounts, label, self)
  times[Times.total] = times[Times.total]! + self
  if (self > times[Times.top]!) {
    times[Times.top] = self
    topFiberId = fiber.id
    topLabel = label
    topAllowed = self >= leastLong ? allowedFibers.reasonOf(fiber) : undefined
  }
  if (depth > 0) {
    threadBlock.endSlice(block, depth, running[depth - 1]!.id, labelAt(depth - 1), at)
    return
  }
  // the fiber that ran last stays in the beacon: a flood of microtasks that follows at once is most likely its doing
  threadBlock.endSlice(block, 0, fiber.id, label, at)
  if (at - frames[Frame.start]! >= leastLong) reportLong(frames[Frame.start]!, at)
}

/** A fiber suspends, for the first time that the hook sees. */
const enter = (fiber: HookedFiber, parent: number | undefined, frame: number): number => {
  const parentId = parent === undefined ? parentOf(fiber) : -1 - parent
  return (fiber[mark] = table.insert(fiber, parentId, frames[frame + Frame.start]!, frames[frame + Frame.label]!))
}

/**
 * A fiber waits. One that ran when the hook was installed waits for the first time in a slice whose end is not seen: the main fiber of a
 * program whose supervision starts beside it.
 */
const meet = (fiber: HookedFiber): void => {
  if (fiber[mark] !== undefined || running[thread.depth - 1] === fiber) return
  const sleep = times[Times.sleep]!
  times[Times.sleep] = 0
  const at = now()
  const row = (fiber[mark] = table.insert(fiber, parentOf(fiber), at, labels.of(fiber)))
  table.account(row, 0, 0, at, false, sleep)
}

/** A fiber ends that had suspended. */
const leave = (fiber: HookedFiber, row: number): void => {
  fiber[mark] = -1 - table.parentOf(row)
  table.remove(row)
}

const labelAt = (depth: number): number => frames[depth * Frame.cells + Frame.label]!

/** The run queue is served from now on: any code may have run before. */
export const serving = (): void => {
  times[Times.adjoins] = 0
}

/** A task that was ready since then, on this thread's own clock, leaves the run queue and runs now. Hot. */
export const leavesQueue = (readySince: number): void => {
  // the task before this one resumed no fiber: its time belongs to none
  if (times[Times.readySince] !== 0) times[Times.adjoins] = 0
  times[Times.readySince] = origin + readySince
}

const wakeUp = (): void => {
  const wake = onActivity
  onActivity = undefined
  wake?.()
}

/** Calls `wake` once, when the next fiber runs; `undefined` takes that back. */
export const onNextSlice = (wake: (() => void) | undefined): void => {
  onActivity = wake
}

/**
 * A running fiber enters or leaves a span, or its route is found. Its self time stays with the first name that the slice had,
 * except that it goes to the route: before that nothing but the method was known of the request. A fiber of the program that
 * builds a layer of Giveway's does so under Giveway's name: that name is not kept, and the time under it is noted.
 */
const relabel = (fiber: HookedFiber): void => {
  const depth = thread.depth - 1
  if (depth < 0 || running[depth] !== fiber) return
  const isRouted = routes.note(fiber)
  const label = labels.of(fiber)
  threadBlock.relabel(block, label)
  const kept = labelAt(depth)
  const wasOwn = labels.isOwn(kept)
  if (!isRouted && (kept === 0 ? labels.isOwn(label) : !wasOwn)) return
  const frame = depth * Frame.cells
  frames[frame + Frame.label] = label
  if (!wasOwn || labels.isOwn(label)) return
  times[Times.own] = times[Times.own]! + origin + clock.now() - frames[frame + Frame.start]!
  ownLabel = kept
}

/** For a fiber that was there before the hook: the fiber that runs it now is the best guess at its forker. */
const parentOf = (fiber: HookedFiber): number => {
  const current = Fiber.getCurrent()
  return current === undefined || current === fiber ? 0 : current.id
}

const reportLong = (begunAt: number, at: number): void => {
  const topMs = times[Times.top]!
  const isTopOwn = labels.isOwn(topLabel)
  const slice: LongSlice = {
    key: threadBlock.readBeacon(block).outerSeq,
    startedAt: begunAt,
    endedAt: at,
    fiberId: topFiberId,
    label: topLabel,
    topMs,
    allowed: topAllowed,
    ownMs: times[Times.own]! + (isTopOwn ? topMs : 0),
    ownLabel: isTopOwn ? topLabel : ownLabel,
    slices: thread.slices - slicesAtOuterBegin
  }
  times[Times.long] = times[Times.long]! + (at - begunAt)
  threadBlock.attribute(block, begunAt, at)
  for (const listener of listeners) {
    if (at - begunAt >= listener.thresholdMs) listener.onLongSlice(slice)
  }
}

/** A slice on the stack. Its self time so far lacks the time since the last boundary. */
interface RunningSlice {
  readonly startedAt: number
  readonly selfMs: number
  readonly label: number
}

/** The slice at `depth` of the stack, 0 the outermost. */
export const sliceAt = (depth: number): RunningSlice => {
  const frame = depth * Frame.cells
  return { startedAt: frames[frame + Frame.start]!, selfMs: frames[frame + Frame.self]!, label: labelAt(depth) }
}

/** The fiber with the longest slice of its own that has ended in the outermost slice. */
export const topSlice = (): { readonly fiberId: number; readonly label: number } => ({
  fiberId: topFiberId,
  label: topLabel
})

/** The row of a fiber in the table; `undefined` before its first suspension and after its end. */
export const rowOf = (fiber: HookedFiber): number | undefined => {
  const value = fiber[mark]
  return value === undefined || value < 0 ? undefined : value
}

/** Ends the slices above `depth`: their code was torn out of the thread, so they will not end by themselves. */
export const unwind = (depth: number): void => {
  while (thread.depth > depth) end(running[thread.depth - 1]!, false)
}

/** The id of a fiber's parent, 0 if it has none or the hook did not see the fork. */
export const parentIdOf = (fiber: HookedFiber): number => {
  const value = fiber[mark]
  return value === undefined ? 0 : value < 0 ? -1 - value : table.parentOf(value)
}

// --- installing -----------------------------------------------------------------------------------------------------

let uses = 0
let installed: { readonly features: Features; readonly restore: () => void } | undefined

const wrap = (prototype: FiberPrototype, features: Features): (() => void) => {
  const { runLoop, setContext } = prototype
  const { suspended } = features
  const hookedRunLoop = function (this: HookedFiber, effect: unknown): unknown {
    begin(this)
    let result: unknown
    try {
      return (result = runLoop.call(this, effect))
    } finally {
      end(this, result === suspended)
    }
  }
  const hookedSetContext = function (this: HookedFiber, context: unknown): void {
    if (this.context === undefined) {
      setContext.call(this, context)
      this[mark] = -1 - (Fiber.getCurrent()?.id ?? 0)
      suspension.prepare(this)
      return
    }
    const before = this.cache
    setContext.call(this, context)
    if (this.cache !== before) relabel(this)
  }
  prototype.runLoop = hookedRunLoop
  if (features.lineage) prototype.setContext = hookedSetContext
  return () => {
    // code that has wrapped it since keeps our wrapper below its own: harmless, it only counts
    if (prototype.runLoop === hookedRunLoop) prototype.runLoop = runLoop
    if (prototype.setContext === hookedSetContext) prototype.setContext = setContext
  }
}

/** When the hook was installed last, ms of the shared clock: it did not see the ends of fibers before that. */
export let installedAt = Infinity

/** Installs the hook, once per thread; `undefined` if this version of Effect runs fibers in another way, or another copy of this package has one. */
export const install = (): Features | undefined => {
  if (installed === undefined) {
    // two would both write the beacon of this thread, and their rows on its fibers
    const giveBack = claim("see the slices of fibers")
    if (giveBack === undefined) return undefined
    const found = fiberProbe.run()
    if (found === undefined) {
      giveBack()
      return undefined
    }
    const { features, prototype } = found
    routes.install()
    installedAt = now()
    const unwrap = wrap(prototype, features)
    // only now, so that the fibers that it learns from have the shape that all fibers will have
    const unwait = awaiting.install(prototype, features.suspended, meet)
    const unsleep = sleepNotes.install((ms) => {
      // the fiber suspends at once: the timer begins at the end of the slice
      if (Number.isFinite(ms)) times[Times.sleep] = ms
    })
    installed = {
      features: { ...features, awaits: unwait !== undefined },
      restore: () => {
        unwrap()
        unwait?.()
        unsleep()
        giveBack()
      }
    }
  }
  uses++
  return installed.features
}

/** Whether the hook sees the slices of this thread. */
export const isInstalled = (): boolean => installed !== undefined

/** Undoes one installation; the last one restores the prototype. */
export const uninstall = (): void => {
  if (installed === undefined || --uses > 0) return
  installed.restore()
  installed = undefined
}

const updateLeastLong = (): void => {
  leastLong = Math.min(Infinity, ...Array.from(listeners, ({ thresholdMs }) => thresholdMs))
}

/** From now on calls `onLongSlice` at the end of each outermost slice of at least `thresholdMs`; returns how to stop that. */
export const listen = (thresholdMs: number, onLongSlice: (slice: LongSlice) => void): (() => void) => {
  const listener: Listener = { thresholdMs, onLongSlice }
  listeners.add(listener)
  updateLeastLong()
  return () => {
    listeners.delete(listener)
    updateLeastLong()
  }
}
