/**
 * The heartbeat: a timer that shows that the event loop turns, and finds, when it comes late, that it did not.
 *
 * Slices are seen by the fiber hook; this is for what is no fiber, and for convoys: many short slices, none of which is
 * remarkable. What long slices already answer for is subtracted, so that one stall is not found twice.
 *
 * One timer per thread, counted, and unreferenced: it keeps no process alive.
 */
import * as Sysmon from "../Sysmon.ts"
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

/** Self times when the heart last beat. */
const atBeat = { at: 0, totalMs: 0, slices: 0, labelMs: new Float64Array(labels.capacity) }

const { block, labels: threadLabels, times } = thread

/** What the fibers did since the last beat: their self time, and the label with most of it. */
export const sinceBeat = (): { readonly busyMs: number; readonly label: number } => {
  let label = 0
  let most = 0
  for (let index = 0; index < threadLabels.count(); index++) {
    const ms = threadLabels.selfMs[index]! - atBeat.labelMs[index]!
    if (ms > most) {
      most = ms
      label = index
    }
  }
  return { busyMs: times[Times.total]! - atBeat.totalMs, label }
}

interface Listener {
  readonly thresholdMs: number
  readonly onHold: (hold: Hold) => void
  readonly onBeat: (now: number) => void
}

const listeners = new Set<Listener>()

const beat = (): void => {
  const at = now()
  const { attributed, heartbeat } = sharedMemory.readBeacon(block)
  const heldMs = at - atBeat.at - Sysmon.heartbeatMs - attributed
  if (atBeat.at > 0 && Array.from(listeners).some(({ thresholdMs }) => heldMs >= thresholdMs)) {
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
  mark(at)
  for (const { onBeat } of listeners) onBeat(at)
}

const mark = (at: number): void => {
  atBeat.at = at
  atBeat.totalMs = times[Times.total]!
  atBeat.slices = thread.slices
  for (let index = 0; index < threadLabels.count(); index++) atBeat.labelMs[index] = threadLabels.selfMs[index]!
  sharedMemory.heartbeat(block, at)
}

let timer: ReturnType<typeof setInterval> | undefined

/** Listens to the heart, which beats as long as someone does. */
export const listen = (listener: Listener): (() => void) => {
  listeners.add(listener)
  if (timer === undefined) {
    mark(now())
    timer = setInterval(beat, Sysmon.heartbeatMs)
    // Node's timers are objects; elsewhere they are numbers, and nothing keeps a process alive
    const unref = (timer as unknown as { readonly unref?: () => void }).unref
    unref?.call(timer)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
    atBeat.at = 0
  }
}
