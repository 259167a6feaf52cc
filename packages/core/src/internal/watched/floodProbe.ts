/**
 * Does the microtask queue turn while the event loop does not? A probe for the middle of a stall.
 *
 * Promise callbacks that keep making new ones hold the loop as an endless loop does. No stack tells the two apart: it shows
 * one short callback, or one long one. So the thread, when it is asked for its stack, queues a microtask and a
 * `process.nextTick` of its own. In a flood one of them runs within the millisecond, while the stall goes on. In one long
 * callback they run only when it is over.
 */

/** `lib.dom` knows no `process`. */
const host = globalThis as { readonly process?: { readonly nextTick?: (f: () => void) => void } }

/** A probe that ran so soon did not wait for the end of a callback, ms. A guess: 20 times the time that it takes. */
const soonMs = 5

/** The stall went on for so long after it, so its end did not let the probe run, ms. A guess. */
const leastAfterMs = 2

/** The fiber that most likely started the flood. */
export interface Origin {
  readonly fiberId: number
  readonly name: string | undefined
  /** when its last slice ended, ms */
  readonly endedAt: number
}

interface Probe {
  readonly armedAt: number
  readonly origin: Origin
  ranAt: number | undefined
}

let last: Probe | undefined

/** Queues the probe. `now` must be a clock of ms; `origin` is the fiber to blame if there is a flood. */
export const arm = (now: () => number, origin: Origin): void => {
  if (last !== undefined && last.ranAt === undefined) return
  const probe: Probe = { armedAt: now(), origin, ranAt: undefined }
  last = probe
  const ran = (): void => {
    probe.ranAt ??= now()
  }
  queueMicrotask(ran)
  host.process?.nextTick?.(ran)
}

/** Whether the last probe, queued in a stall that began at `startedAt`, ran while the stall went on until `at`. */
export const answered = (startedAt: number, at: number): boolean =>
  last?.ranAt !== undefined &&
  last.armedAt >= startedAt &&
  last.ranAt - last.armedAt < soonMs &&
  at - last.ranAt >= leastAfterMs

/** The fiber to blame for the flood of a stall that began at `startedAt`, if it ran just before. */
export const originOf = (startedAt: number): Origin | undefined => {
  const origin = last?.origin
  return origin !== undefined && Math.abs(origin.endedAt - startedAt) <= nearMs ? origin : undefined
}

/** The beginning of a stall may be measured so much too early or too late, see `heartbeat.ts`, ms. */
const nearMs = 12
