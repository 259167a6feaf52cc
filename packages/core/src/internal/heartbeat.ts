/**
 * The heartbeat: a timer that shows that the event loop turns, and finds, when it comes late, that it did not.
 *
 * Slices are seen by the fiber hook; this is for what is no fiber, and for convoys: many short slices, none of which is
 * remarkable. What long slices already answer for is subtracted, so that one stall is not found twice.
 *
 * A hold is known to have begun no later than when the timer was due, so its duration is a lower bound: it may have
 * begun up to one period earlier.
 *
 * One timer per thread, counted, and unreferenced: it keeps no process alive.
 */
import { now, thread, Times } from "./fiberHook.ts"
import * as labels from "./labels.ts"
import * as sharedMemory from "./sharedMemory.ts"

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
}

/**
 * From one beat to the next, in ms: while fibers run, and while none did since the last. A wake-up costs an idle process
 * 50 to 130 µs, so the first costs up to 0.6 % of a core and the second half of that.
 */
const periodMs = { busy: 20, idle: 50 }

/** What was known when the heart last beat: when it is due again, and self times. */
const atBeat = { due: 0, totalMs: 0, slices: 0, labelMs: new Float64Array(labels.capacity) }

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

const beat = (): void => {
  const at = now()
  const { attributed, heartbeat } = sharedMemory.readBeacon(block)
  const heldMs = at - atBeat.due - attributed
  if (Array.from(listeners).some(({ thresholdMs }) => heldMs >= thresholdMs)) {
    const { busyMs, label } = sinceBeat()
    const hold: Hold = {
      key: heartbeat,
      startedAt: at - heldMs,
      endedAt: at,
      busyMs: Math.max(0, busyMs - attributed),
      label,
      slices: thread.slices - atBeat.slices
    }
    for (const { onHold, thresholdMs } of listeners) if (heldMs >= thresholdMs) onHold(hold)
  }
  for (const { onBeat } of listeners) onBeat(at)
  if (listeners.size === 0) return
  next(at, thread.slices > atBeat.slices ? periodMs.busy : periodMs.idle)
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Notes what is now, and beats again after `period`. */
const next = (at: number, period: number): void => {
  atBeat.due = at + period
  atBeat.totalMs = times[Times.total]!
  atBeat.slices = thread.slices
  for (let index = 0; index < threadLabels.count(); index++) atBeat.labelMs[index] = selfMs[index]!
  sharedMemory.heartbeat(block, atBeat.due)
  timer = setTimeout(beat, period)
  // Node's timers are objects; elsewhere they are numbers, and nothing keeps a process alive
  const unref = (timer as unknown as { readonly unref?: () => void }).unref
  unref?.call(timer)
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
  }
}
