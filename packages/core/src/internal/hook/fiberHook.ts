/**
 * The fiber hook: sees every slice of every fiber of this thread, by wrapping `runLoop` on the prototype that all fibers
 * share. Nothing public sees the end of a slice, or the slices that run inside another one.
 *
 * **Self time.** A fiber that starts a child inline, or resolves what another one waits for, runs that fiber inside its
 * own slice. Each moment belongs to the innermost fiber; two clock reads per slice do it: the time since the last
 * boundary goes to whoever ran until now. Where the run queue resumes one fiber right after another has suspended, one
 * reading serves for both, since nothing but the scheduler ran in between.
 *
 * **Invariant.** The hook is feature-tested before it is used: a probe program runs under a recording wrapper, and what
 * it records (who enters, what a suspension and an end return, who forked whom) must be what this file relies on. A
 * version of Effect where it is not runs unhooked: the registry is empty and no slice is seen, but the heartbeat still
 * finds each stall, and the watcher still asks the thread which fiber is current.
 *
 * There is one hook per thread, counted: it is there as long as one supervision is.
 *
 * Rejected: `Scheduler.shouldYield` alone (no end of a slice, so no self time, and only under schedulers of ours); a
 * `Map` from fiber to record (a lookup per slice, and 60 bytes more a fiber) instead of one small integer on the fiber;
 * one clock reading for the end of any slice and the beginning of the next (what runs in between, a fiber's exit observers
 * or the callbacks of a host, would be blamed on the next fiber).
 */
import * as Fiber from "effect/Fiber"
import type { AnyFiber, Features, FiberPrototype } from "./fiberProbe.ts"
import * as awaiting from "./awaiting.ts"
import * as fiberProbe from "./fiberProbe.ts"
import * as fiberTable from "./fiberTable.ts"
import * as labels from "./labels.ts"
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import { block as ownBlock } from "../sharedMemory/thread.ts"
import * as sleepNotes from "./sleepNotes.ts"
import * as usage from "../sharedMemory/usage.ts"

/**
 * The integer that the hook keeps on a fiber: its row in the table, or, before its first suspension and after its end,
 * `-1 - id` of its parent (0 for none).
 */
const mark: unique symbol = Symbol.for("~giveway/fiber")

/** A fiber and what the hook keeps on it. */
export type HookedFiber = AnyFiber & { [mark]?: number }

/** An outermost slice that was long. Times in ms of the shared clock. */
export interface LongSlice {
  readonly key: number
  readonly startedAt: number
  readonly endedAt: number
  /** the fiber with the longest slice of its own in it, and that slice */
  readonly fiberId: number
  readonly label: number
  readonly topMs: number
  /** slices that ran nested in it */
  readonly slices: number
}

interface Listener {
  readonly thresholdMs: number
  readonly onLongSlice: (slice: LongSlice) => void
}

/** Everything that the hook knows of this thread. */
export interface HookedThread {
  readonly block: ThreadBlock
  readonly table: fiberTable.FiberTable
  readonly labels: labels.Labels
  readonly accounts: usage.Accounts
  /** the fibers whose run loops are on the stack, outermost first; beyond `depth` there is garbage */
  readonly running: Array<HookedFiber | undefined>
  depth: number
  /** slices since the process began */
  slices: number
  /** in shared memory: who watches a worker reads the total */
  readonly times: Float64Array<SharedArrayBuffer>
}

/** Cells of `HookedThread.times`: plain numbers would be boxed anew at each store. */
export const Times = {
  /** the last boundary between slices */
  boundary: 0,
  /** longest self time within the outermost slice so far */
  top: 1,
  /** since when the fiber that the scheduler resumes now was ready; 0 if something else resumes it */
  readySince: 2,
  /** self time of all fibers, ever */
  total: 3,
  /** duration of all long outermost slices, ever */
  long: 4,
  /** after how many ms the fiber that runs asked to be woken in this slice; 0 if it did not */
  sleep: 5,
  /** 1 while nothing but the scheduler has run since the last boundary */
  adjoins: 6
} as const

const table = fiberTable.make()

/** The slices on the stack, outermost first: {@link Frame} cells each. One array of doubles, so that no number is boxed. */
let frames = new Float64Array(64 * 4)

/** Cells of a frame. */
const Frame = { start: 0, self: 1, label: 2, delay: 3, cells: 4 } as const

/** The delay of a slice that was not queued. */
const notQueued = -1

const listeners = new Set<Listener>()
let longest = Infinity
let onActivity: (() => void) | undefined
let topFiberId = 0
let topLabel = 0
let slicesAtOuterBegin = 0

/** This thread, as the hook sees it. */
export const thread: HookedThread = {
  block: ownBlock,
  table,
  labels: labels.make(),
  accounts: usage.make(),
  running: [],
  depth: 0,
  slices: 0,
  times: new Float64Array(new SharedArrayBuffer(7 * Float64Array.BYTES_PER_ELEMENT))
}

/** The clock that all threads share, in ms. */
export const now = (): number => performance.timeOrigin + performance.now()

// looked up once: as a global it costs 10 ns more a reading
const clock = performance
const origin = clock.timeOrigin
const { accounts, block, labels: threadLabels, running, times } = thread

const begin = (fiber: HookedFiber): void => {
  awaiting.clear(fiber)
  const readySince = times[Times.readySince]!
  const at = readySince !== 0 && times[Times.adjoins] === 1 ? times[Times.boundary]! : origin + clock.now()
  const depth = thread.depth
  const frame = depth * Frame.cells
  if (depth === 0) {
    if (onActivity !== undefined) wakeUp()
    times[Times.top] = 0
    slicesAtOuterBegin = thread.slices
  } else {
    if (frame === frames.length) deepen()
    const outer = frame - Frame.cells + Frame.self
    frames[outer] = frames[outer]! + (at - times[Times.boundary]!)
  }
  times[Times.boundary] = at
  const label = threadLabels.of(fiber)
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
    table.account(taken, self, delay, at, !awaiting.isWaiting(fiber), sleep)
  }
  usage.addSlice(accounts, label, self)
  times[Times.total] = times[Times.total]! + self
  if (self > times[Times.top]!) {
    times[Times.top] = self
    topFiberId = fiber.id
    topLabel = label
  }
  if (depth > 0) {
    threadBlock.endSlice(block, depth, running[depth - 1]!.id, labelAt(depth - 1), at)
    return
  }
  // who ran last stays in the beacon: what follows at once, a flood of microtasks, is most likely its doing
  threadBlock.endSlice(block, 0, fiber.id, label, at)
  if (at - frames[Frame.start]! >= longest) reportLong(frames[Frame.start]!, at)
}

/** A fiber suspends for the first time that is seen. */
const enter = (fiber: HookedFiber, parent: number | undefined, frame: number): number => {
  const parentId = parent === undefined ? parentOf(fiber) : -1 - parent
  return (fiber[mark] = table.insert(fiber, parentId, frames[frame + Frame.start]!, frames[frame + Frame.label]!))
}

/** A fiber ends that had suspended. */
const leave = (fiber: HookedFiber, row: number): void => {
  fiber[mark] = -1 - table.parentOf(row)
  table.remove(row)
}

const labelAt = (depth: number): number => frames[depth * Frame.cells + Frame.label]!

/** The run queue is served from now on: what ran before may have been anything. */
export const serving = (): void => {
  times[Times.adjoins] = 0
}

/** A task that was ready since then, on this thread's own clock, leaves the run queue and runs now. Hot. */
export const leavesQueue = (readySince: number): void => {
  // the task before it resumed no fiber: what it did is nobody's
  if (times[Times.readySince] !== 0) times[Times.adjoins] = 0
  times[Times.readySince] = origin + readySince
}

const wakeUp = (): void => {
  const wake = onActivity
  onActivity = undefined
  wake?.()
}

/** Calls `wake` once, when the next fiber runs. */
export const onNextSlice = (wake: (() => void) | undefined): void => {
  onActivity = wake
}

/** The fiber whose outermost slice ended last, and when. Only to be asked while no fiber runs. */
export const lastRun = (): { readonly fiberId: number; readonly label: number; readonly endedAt: number } => {
  const { fiberId, label } = threadBlock.readBeacon(block)
  return { fiberId, label, endedAt: times[Times.boundary]! }
}

/** A running fiber enters or leaves a span. Its self time stays with the first name that the slice had. */
const relabel = (fiber: HookedFiber): void => {
  const depth = thread.depth - 1
  if (depth < 0 || running[depth] !== fiber) return
  const label = threadLabels.of(fiber)
  threadBlock.relabel(block, label)
  if (labelAt(depth) === 0) frames[depth * Frame.cells + Frame.label] = label
}

/** For a fiber that was there before the hook: who runs it now is the best guess at who forked it. */
const parentOf = (fiber: HookedFiber): number => {
  const current = Fiber.getCurrent()
  return current === undefined || current === fiber ? 0 : current.id
}

const reportLong = (begunAt: number, at: number): void => {
  const slice: LongSlice = {
    key: threadBlock.readBeacon(block).outerSeq,
    startedAt: begunAt,
    endedAt: at,
    fiberId: topFiberId,
    label: topLabel,
    topMs: times[Times.top]!,
    slices: thread.slices - slicesAtOuterBegin
  }
  times[Times.long] = times[Times.long]! + (at - begunAt)
  threadBlock.attribute(block, begunAt, at)
  for (const listener of listeners) {
    if (at - begunAt >= listener.thresholdMs) listener.onLongSlice(slice)
  }
}

/** Who has run longest by itself in the outermost slice that runs now. `fiber` is there if it still runs. */
export const hogSoFar = (
  at: number
): {
  readonly fiber: AnyFiber | undefined
  readonly fiberId: number
  readonly label: number
  readonly selfMs: number
} => {
  let best = {
    fiber: undefined as AnyFiber | undefined,
    fiberId: topFiberId,
    label: topLabel,
    selfMs: times[Times.top]!
  }
  for (let depth = 0; depth < thread.depth; depth++) {
    const selfMs = selfAt(depth, at)
    const fiber = running[depth]
    if (selfMs > best.selfMs && fiber !== undefined) {
      best = { fiber, fiberId: fiber.id, label: labelAt(depth), selfMs }
    }
  }
  return best
}

const selfAt = (depth: number, at: number): number =>
  frames[depth * Frame.cells + Frame.self]! + (depth === thread.depth - 1 ? at - times[Times.boundary]! : 0)

/** Self time, in ms, of the slices on the stack, which no total contains yet; of one fiber only, if one is given. */
export const selfOnStack = (at: number, fiber?: AnyFiber): number => {
  let selfMs = 0
  for (let depth = 0; depth < thread.depth; depth++) {
    if (fiber === undefined || running[depth] === fiber) selfMs += selfAt(depth, at)
  }
  return selfMs
}

/** When the slice of a running fiber began; `undefined` if it is not seen to run. */
export const sliceStart = (fiber: AnyFiber): number | undefined => {
  const depth = running.lastIndexOf(fiber, thread.depth - 1)
  return thread.depth === 0 || depth === -1 ? undefined : frames[depth * Frame.cells + Frame.start]
}

/** Time that a live fiber has run itself, ms; `undefined` if its slices are not seen. */
export const selfMsOf = (fiber: HookedFiber): number | undefined => {
  if (installed === undefined) return undefined
  const row = fiber[mark]
  const counted = row === undefined || row < 0 ? 0 : table.rowOf(row).selfMs
  return counted + selfOnStack(now(), fiber)
}

/** Ends the slices above `depth`, whose code was torn out of them: they will not do it themselves. */
export const unwind = (depth: number): void => {
  while (thread.depth > depth) end(running[thread.depth - 1]!, false)
}

/** The id of a fiber's parent, 0 if it has none or nobody saw it being forked. */
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
    const isNew = this.context === undefined
    setContext.call(this, context)
    if (isNew) {
      this[mark] = -1 - (Fiber.getCurrent()?.id ?? 0)
      awaiting.prepare(this)
    } else relabel(this)
  }
  prototype.runLoop = hookedRunLoop
  if (features.lineage) prototype.setContext = hookedSetContext
  return () => {
    // whoever wrapped it after us keeps our wrapper below theirs: harmless, it only counts
    if (prototype.runLoop === hookedRunLoop) prototype.runLoop = runLoop
    if (prototype.setContext === hookedSetContext) prototype.setContext = setContext
  }
}

/** When the hook was installed last, ms of the shared clock: what ended while it was not there was not seen to end. */
export let installedAt = Infinity

/** Installs the hook, once per thread; `undefined` if this version of Effect is not what it expects. */
export const install = (): Features | undefined => {
  if (installed === undefined) {
    const found = fiberProbe.run()
    if (found === undefined) return undefined
    const { features, prototype } = found
    installedAt = now()
    const unwrap = wrap(prototype, features)
    // only now, so that the fibers that it tries out are of the shape that all will have
    const unwait = awaiting.install(prototype, features.suspended)
    const unsleep = sleepNotes.install((ms) => {
      // it suspends at once: the end of the slice is when the timer begins
      if (Number.isFinite(ms)) times[Times.sleep] = ms
    })
    installed = {
      features: { ...features, awaits: unwait !== undefined },
      restore: () => {
        unwrap()
        unwait?.()
        unsleep()
      }
    }
  }
  uses++
  return installed.features
}

/** Whether slices of this thread are seen. */
export const isInstalled = (): boolean => installed !== undefined

/** Takes one installation back; the last one restores the prototype. */
export const uninstall = (): void => {
  if (--uses > 0 || installed === undefined) return
  installed.restore()
  installed = undefined
}

/** From now on `onLongSlice` hears of each outermost slice of at least `thresholdMs`, in its last moment. */
export const listen = (thresholdMs: number, onLongSlice: (slice: LongSlice) => void): (() => void) => {
  const listener: Listener = { thresholdMs, onLongSlice }
  listeners.add(listener)
  longest = Math.min(...Array.from(listeners, (one) => one.thresholdMs))
  return () => {
    listeners.delete(listener)
    longest = Math.min(Infinity, ...Array.from(listeners, (one) => one.thresholdMs))
  }
}
