/**
 * The heartbeat: a timer that shows that the event loop turns, and finds, when it comes late, that it did not.
 *
 * Slices are seen by the fiber hook; this is for what is no fiber, and for convoys: many short slices, none of which is
 * remarkable. What long slices already answer for is subtracted, so that one stall is not found twice.
 *
 * **When did it begin?** A timer that was due in the middle of a hold knows only that it began earlier, but not before the
 * last beat. Node counts how long its loop was not idle: since the last beat, that is the hold and the few short things
 * before it. So a hold is too long by those, at most by one period; where nobody counts (browsers) it begins when the
 * timer was due, and is up to one period too short.
 *
 * **While nothing runs** it beats slowly, since each wake-up of an idle process costs some 200 µs (cold caches, code that is
 * not compiled), twice: here and in the watcher. The next fiber that runs sets it going again, and so does a beat after
 * which the loop has turned for others. Until then a hold may end before the timer is due; it is found by the turns that the loop has
 * made: one or two in all the time that it was not idle.
 *
 * One timer per thread, counted, and unreferenced: it keeps no process alive.
 */
import { now, onNextSlice, thread, Times } from "../hook/fiberHook.ts"
import * as labels from "../hook/labels.ts"
import * as loopTimes from "./loopTimes.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** The loop was held by no single slice. Times in ms of the shared clock. */
export interface Hold {
  readonly key: number
  readonly startedAt: number
  readonly endedAt: number
  /** self time of the fibers meanwhile */
  readonly busyMs: number
  /** the label with most of it */
  readonly label: number
  readonly slices: number
  /** whether the loop is known not to have turned since the last beat: a hold that ended there goes on in this one */
  readonly goesOn: boolean
}

/**
 * From one beat to the next, in ms: while fibers run, and while none did since the last. In a busy loop a beat costs 5 µs;
 * in an idle one it is a wake-up and brings another one in the watcher, so five a second are 0.2 to 0.3 % of a core.
 */
const periodMs = { busy: 10, idle: 200 }

/** Beats without a fiber before it beats slowly: a service that is asked 20 times a second does not come to rest. */
const quietBeats = 5

/** More turns than these are a loop that turns: its own beat, and the callback that is to blame with what it set going. */
const fewTurns = 3

/** What was known when the heart last beat. */
const atBeat = {
  at: 0,
  due: 0,
  totalMs: 0,
  longMs: 0,
  slices: 0,
  /** beats in a row in which no fiber had run */
  quiet: 0,
  activeMs: undefined as number | undefined,
  turns: undefined as number | undefined,
  labelMs: new Float64Array(labels.capacity)
}

const { accounts, block, labels: threadLabels, times } = thread
const { selfMs } = accounts

/** What the fibers did since the last beat: their self time, and the label with most of it. */
export const sinceBeat = (): { readonly busyMs: number; readonly label: number } => {
  let label = 0
  let most = 0
  for (let index = 0; index < threadLabels.count(); index++) {
    const ms = selfMs[index]! - atBeat.labelMs[index]!
    if (ms > most) {
      most = ms
      label = index
    }
  }
  return { busyMs: times[Times.total]! - atBeat.totalMs, label }
}

/** When the heart beat last. */
export const lastBeat = (): number => atBeat.at

/** Names that a stall tells. */
const mostShares = 5

/** The names with most self time since the last beat, dearest first. Only what is worth a word: 1 ms and more. */
export const sharesSinceBeat = (): ReadonlyArray<{ readonly name: string | undefined; readonly selfMs: number }> =>
  Array.from(threadLabels.entries(), ([label, name]) => ({ name, selfMs: selfMs[label]! - atBeat.labelMs[label]! }))
    .filter((share) => share.selfMs >= 1)
    .sort((a, b) => b.selfMs - a.selfMs)
    .slice(0, mostShares)

interface Listener {
  readonly thresholdMs: number
  readonly onHold: (hold: Hold) => void
  readonly onBeat: (now: number) => void
}

const listeners = new Set<Listener>()

/** Whether the loop has turned for others than the heart since the last beat. */
const turned = (turns: number | undefined): boolean =>
  turns !== undefined && atBeat.turns !== undefined && turns - atBeat.turns > fewTurns

/** How long the loop has been held by anything but long slices, as far as can be told at the beat of `at`; 0 if it turned. */
const heldUntil = (at: number, attributed: number, turns: number | undefined): number => {
  const lateMs = at - atBeat.due - attributed
  const active = loopTimes.activeMs()
  if (active === undefined || atBeat.activeMs === undefined) return lateMs
  const activeMs = active - atBeat.activeMs - (times[Times.long]! - atBeat.longMs)
  const hardlyTurned = turns !== undefined && !turned(turns)
  // stopped while it waited for events, it was late and not active
  const mostMs = Math.max(lateMs, Math.min(activeMs, lateMs + (atBeat.due - atBeat.at)))
  return hardlyTurned ? mostMs : Math.min(mostMs, lateMs + periodMs.busy)
}

const beat = (): void => {
  const at = now()
  const turns = loopTimes.turns()
  const { attributed, heartbeat } = threadBlock.readBeacon(block)
  threadBlock.addLag(block, at - atBeat.due)
  const heldMs = heldUntil(at, attributed, turns)
  if (Array.from(listeners).some(({ thresholdMs }) => heldMs >= thresholdMs)) {
    const { busyMs, label } = sinceBeat()
    const hold: Hold = {
      key: heartbeat,
      startedAt: at - heldMs,
      endedAt: at,
      busyMs: Math.max(0, busyMs - (times[Times.long]! - atBeat.longMs)),
      label,
      slices: thread.slices - atBeat.slices,
      goesOn: turns !== undefined && turns === atBeat.turns
    }
    for (const { onHold, thresholdMs } of listeners) if (heldMs >= thresholdMs) onHold(hold)
  }
  for (const { onBeat } of listeners) onBeat(at)
  if (listeners.size === 0) return
  atBeat.quiet = thread.slices > atBeat.slices || turned(turns) ? 0 : atBeat.quiet + 1
  next(at, atBeat.quiet < quietBeats ? periodMs.busy : periodMs.idle)
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Notes what is now, and beats again after `period`. */
const next = (at: number, period: number): void => {
  atBeat.at = at
  atBeat.due = at + period
  atBeat.totalMs = times[Times.total]!
  atBeat.longMs = times[Times.long]!
  atBeat.slices = thread.slices
  atBeat.activeMs = loopTimes.activeMs()
  atBeat.turns = loopTimes.turns()
  for (let index = 0; index < threadLabels.count(); index++) atBeat.labelMs[index] = selfMs[index]!
  threadBlock.heartbeat(block, atBeat.due)
  arm(period)
  onNextSlice(period === periodMs.idle ? hurry : undefined)
}

const arm = (ms: number): void => {
  timer = setTimeout(beat, ms)
  // Node's timers are objects; elsewhere they are numbers, and nothing keeps a process alive
  const unref = (timer as unknown as { readonly unref?: () => void }).unref
  unref?.call(timer)
}

/**
 * The first fiber after a time of rest: the beat that is far away comes soon, and so does the watcher, which rests as long
 * as the heart does. If the beat is overdue, both come anyway.
 */
const hurry = (): void => {
  const at = now()
  const due = at + periodMs.busy
  if (timer === undefined || due >= atBeat.due) return
  clearTimeout(timer)
  atBeat.due = due
  threadBlock.moveHeartbeat(block, due)
  threadBlock.wake(block)
  arm(periodMs.busy)
}

/** Listens to the heart, which beats as long as someone does. */
export const listen = (listener: Listener): (() => void) => {
  listeners.add(listener)
  if (timer === undefined) next(now(), periodMs.busy)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearTimeout(timer)
    timer = undefined
    onNextSlice(undefined)
  }
}
