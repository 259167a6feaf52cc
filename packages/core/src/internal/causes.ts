/**
 * Why the loop could not turn: the cause class of a stall, from everything that is known of it.
 *
 * The order is that of innocence. What the operating system or V8 did is nobody's fault, so it comes first; then what the
 * kernel was asked for; then the kind of code. While a stall lasts less is known than afterwards, and the same rules hold.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Cause } from "./starvationText.ts"

/** What is known. Times in ms; what is not known is 0. */
export interface Evidence {
  /** what the thread's own accounts say, or the beacon */
  readonly kind: "slice" | "convoy" | "loop"
  readonly thresholdMs: number
  readonly durationMs: number
  /** the process stood still */
  readonly stoppedMs: number
  /** other processes had the cores */
  readonly noCoreMs: number
  readonly gcMs: number
  /** computing in the kernel */
  readonly systemMs: number
  /** asleep in the kernel */
  readonly blockedMs: number
  /** whether new microtasks ran while the loop could not turn */
  readonly flooded: boolean
  /** whether, when it was asked for its stack, it was silent for most of the time */
  readonly silent: boolean
}

/** Native code that allocates spends a third of its time in page faults, and more on virtual machines. A guess above that. */
const mostly = 0.7

export const of = (evidence: Evidence): Cause => {
  const { blockedMs, durationMs, flooded, gcMs, kind, noCoreMs, silent, stoppedMs, systemMs, thresholdMs } = evidence
  const standingMs = stoppedMs + noCoreMs
  const observedMs = durationMs - standingMs
  // without it there would have been no stall, and it was most of it
  if (observedMs < thresholdMs && observedMs < standingMs) return stoppedMs >= noCoreMs ? "suspended" : "os-starved"
  // a collection waits for a core as often as everything else
  if (gcMs >= durationMs / 2) return "gc"
  const inKernel = blockedMs >= observedMs / 2 || blockedMs + systemMs >= observedMs * mostly
  if (kind !== "convoy" && inKernel) return "sync-syscall"
  if (kind === "loop" && flooded) return "microtask-flood"
  // many short slices give an answer in between
  if (kind !== "convoy" && silent) return "native"
  return kind
}

/** Causes that blame nobody. */
export const isNobodys = (cause: Cause): boolean => cause === "gc" || cause === "os-starved" || cause === "suspended"
