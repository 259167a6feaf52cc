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

/** The newest probes, oldest first. */
let probes: ReadonlyArray<Probe> = []

/** So many are kept: a stall of a second is asked 8 times, and more often if its stack shows no place. A guess. */
const kept = 16

/** Queues the probe. `now` must be a clock of ms; `origin` is the fiber to blame if there is a flood. */
export const arm = (now: () => number, origin: Origin): void => {
  const last = probes.at(-1)
  if (last !== undefined && last.ranAt === undefined) return
  const probe: Probe = { armedAt: now(), origin, ranAt: undefined }
  probes = [...probes.slice(1 - kept), probe]
  const ran = (): void => {
    probe.ranAt ??= now()
  }
  queueMicrotask(ran)
  host.process?.nextTick?.(ran)
}

/**
 * Whether at least half of the probes of a stall that began at `startedAt` ran at once while it went on until `at`. One probe
 * is too few on a crowded machine: the thread may lose its core just before the probe runs.
 */
export const answered = (startedAt: number, at: number): boolean => {
  const delays = probes.flatMap(({ armedAt, ranAt }) =>
    armedAt >= startedAt && ranAt !== undefined && at - ranAt >= leastAfterMs ? [ranAt - armedAt] : []
  )
  const soon = delays.filter((ms) => ms < soonMs).length
  return soon > 0 && soon * 2 >= delays.length
}

/** The fiber to blame for the flood of a stall that began at `startedAt`, if it ran just before. */
export const originOf = (startedAt: number): Origin | undefined => {
  const origin = probes.at(-1)?.origin
  return origin !== undefined && Math.abs(origin.endedAt - startedAt) <= nearMs ? origin : undefined
}

/** The beginning of a stall may be measured so much too early or too late, see `heartbeat.ts`, ms. */
const nearMs = 12
