/**
 * Does the microtask queue turn while the event loop does not? A question to be asked in the middle of a stall.
 *
 * Promise callbacks that keep making new ones hold the loop as an endless loop does, but no stack tells the two apart: it
 * shows one short callback, or one long one. So the thread, when it is asked for its stack, queues a microtask and a
 * `process.nextTick` of its own. In a flood one of them runs within the millisecond, while the stall goes on; after a long
 * callback they run when it is over.
 */

/** `lib.dom` knows no `process`. */
const host = globalThis as { readonly process?: { readonly nextTick?: (f: () => void) => void } }

/** It ran so soon that it did not wait for the end of anything, ms. A guess: 20 times what it takes. */
const soonMs = 5

/** And the stall went on for so long that it was not its end that let it run, ms. A guess. */
const leastAfterMs = 2

/** Whose flood it is most likely. */
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

/** Asks. `now` must be a clock of ms; `origin` is who would be to blame. */
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

/** Whether the question that was asked last, in a stall that began at `startedAt`, was answered while it went on until `at`. */
export const answered = (startedAt: number, at: number): boolean =>
  last?.ranAt !== undefined &&
  last.armedAt >= startedAt &&
  last.ranAt - last.armedAt < soonMs &&
  at - last.ranAt >= leastAfterMs

/** Who is to blame for the flood of a stall that began at `startedAt`, if it ran just before. */
export const originOf = (startedAt: number): Origin | undefined => {
  const origin = last?.origin
  return origin !== undefined && Math.abs(origin.endedAt - startedAt) <= nearMs ? origin : undefined
}

/** A hold may be taken to have begun so much too early or too late, see `heartbeat.ts`, ms. */
const nearMs = 12
