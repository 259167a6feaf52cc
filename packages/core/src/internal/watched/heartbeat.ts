/**
 * The heartbeat: a timer whose beats show that the event loop turns. A beat that comes late shows that it did not.
 *
 * The fiber hook sees stalls that are one long slice. The heartbeat sees the others: code outside of fibers, and convoys,
 * many short slices of which none is remarkable. The time of long slices is subtracted, so that no stall is found twice.
 *
 * **When did a stall begin?** A timer that was due during a stall knows only that it began earlier, but not before the last
 * beat. Node counts how long its loop was not idle. Since the last beat, that is the stall and the few short things before
 * it: so the measured stall is too long by those, at most by one period. Where the host does not count (browsers), a stall
 * begins when the timer was due, and is up to one period too short.
 *
 * **While nothing runs** it beats slowly, since each wake-up of an idle process costs some 200 µs (cold caches, code that is
 * not compiled), twice: here and in the watcher. The next fiber that runs sets it going again, and so does a beat after
 * which the loop has turned for others. Until then a stall may end before the timer is due. It is found by the turns that
 * the loop has made: one or two in all the time that it was not idle.
 *
 * One timer per thread, counted, and unreferenced: it keeps no process alive.
 */
import { onNextSlice, thread, Times } from "../hook/fiberHook.ts"
import * as labels from "../hook/labels.ts"
import * as loopTimes from "./loopTimes.ts"
import { now } from "../sharedMemory/clock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** A stall that is no single slice. Times in ms of the shared clock. */
export interface BeatStall {
  /** the number of the heartbeat that was overdue */
  readonly key: number
  readonly startedAt: number
  readonly endedAt: number
  /** self time of the fibers meanwhile */
  readonly busyMs: number
  /** the label with most of it */
  readonly label: number
  readonly slices: number
  /** whether the loop is known not to have turned since the last beat: a stall that ended there goes on in this one */
  readonly goesOn: boolean
}

/**
 * From one beat to the next, in ms: while fibers run, and while none has run for some beats. In a busy loop a beat costs 5 µs.
 * In an idle one it is a wake-up and brings another one in the watcher, so five a second are 0.2 to 0.3 % of a core.
 */
const periodMs = { busy: 10, idle: 200 }

/** Beats without a fiber before it beats slowly: a service that is asked 20 times a second does not come to rest. */
const quietBeats = 5

/** A loop that made more turns than these was not held: one is the beat, one or two are the callback that held it and its sequel. */
const fewTurns = 3

/** The counters at the last beat. */
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

/** Self time of all fibers since the last beat, and the label with most of it. */
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

/** When the last beat was. */
export const lastBeat = (): number => atBeat.at

/** Names in one record. A guess: the first ones are the ones to mend. */
const mostShares = 5

/** The names with most self time since the last beat, dearest first. Only those with 1 ms and more. */
export const sharesSinceBeat = (): ReadonlyArray<{ readonly name: string | undefined; readonly selfMs: number }> =>
  Array.from(threadLabels.entries(), ([label, name]) => ({ name, selfMs: selfMs[label]! - atBeat.labelMs[label]! }))
    .filter((share) => share.selfMs >= 1)
    .sort((a, b) => b.selfMs - a.selfMs)
    .slice(0, mostShares)

interface Listener {
  readonly thresholdMs: number
  readonly onStall: (stall: BeatStall) => void
  readonly onBeat: (now: number) => void
}

const listeners = new Set<Listener>()

/** Whether the loop has turned for others than the heartbeat since the last beat. */
const turned = (turns: number | undefined): boolean =>
  turns !== undefined && atBeat.turns !== undefined && turns - atBeat.turns > fewTurns

/** How long the loop has been held other than by long slices, as far as can be told at the beat of `at`. */
const heldUntil = (at: number, attributed: number, turns: number | undefined): number => {
  const lateMs = at - atBeat.due - attributed
  const active = loopTimes.activeMs()
  if (active === undefined || atBeat.activeMs === undefined) return lateMs
  const activeMs = active - atBeat.activeMs - (times[Times.long]! - atBeat.longMs)
  const hardlyTurned = turns !== undefined && !turned(turns)
  // a process that was stopped while it waited for events is late, and was not active
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
    const stall: BeatStall = {
      key: heartbeat,
      startedAt: at - heldMs,
      endedAt: at,
      busyMs: Math.max(0, busyMs - (times[Times.long]! - atBeat.longMs)),
      label,
      slices: thread.slices - atBeat.slices,
      goesOn: turns !== undefined && turns === atBeat.turns
    }
    for (const { onStall, thresholdMs } of listeners) if (heldMs >= thresholdMs) onStall(stall)
  }
  for (const { onBeat } of listeners) onBeat(at)
  if (listeners.size === 0) return
  atBeat.quiet = thread.slices > atBeat.slices || turned(turns) ? 0 : atBeat.quiet + 1
  next(at, atBeat.quiet < quietBeats ? periodMs.busy : periodMs.idle)
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Notes the counters, and beats again after `period`. */
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
 * The first fiber after a time of rest: the next beat is moved nearer, and the watcher is woken, which rests as long as the
 * heartbeat does. If the beat is overdue, both come anyway.
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

/** Listens until the returned function is called. The heart beats as long as there is a listener. */
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
