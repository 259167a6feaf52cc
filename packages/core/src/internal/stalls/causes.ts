/**
 * Why the loop could not turn: the cause class of a stall, from everything that is known of it.
 *
 * The order is that of innocence. What the operating system or V8 did is nobody's fault, so it comes first; then what the
 * kernel was asked for; then the kind of code. While a stall lasts less is known than afterwards, and the same rules hold.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Cause } from "./stallText.ts"

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
  /** what its stacks showed for most of the time: a function that asks the `kernel`, or `code` that computes */
  readonly shown: "kernel" | "code" | undefined
}

/** Native code that allocates spends a third of its time in page faults, and more on virtual machines. A guess above that. */
const mostly = 0.7

/** A thread that sleeps for that share of a stall asks the kernel for something: code that computes does not sleep. A guess. */
const asleep = 0.25

/**
 * Whether the kernel was asked for something. What a stack shows goes before what Linux counts as computing in the kernel: it
 * counts ticks, scales them, and never takes any back, so for seconds it may put all that is computed on that side
 * (`cputime_adjust`). That a thread sleeps is certain.
 */
const asksKernel = ({ blockedMs, shown, systemMs }: Evidence, observedMs: number): boolean => {
  if (shown === "kernel" || blockedMs >= observedMs / 2) return true
  const sleeps = blockedMs >= observedMs * asleep
  if (shown === "code" && !sleeps) return false
  return blockedMs + systemMs >= observedMs * (sleeps ? 0.5 : mostly)
}

export const of = (evidence: Evidence): Cause => {
  const { blockedMs, durationMs, flooded, gcMs, kind, noCoreMs, silent, stoppedMs, thresholdMs } = evidence
  const standingMs = stoppedMs + noCoreMs
  const observedMs = durationMs - standingMs
  // without it there would have been no stall, and it was most of it
  if (observedMs < thresholdMs && observedMs < standingMs) return stoppedMs >= noCoreMs ? "suspended" : "os-starved"
  // a collection waits for a core as often as everything else
  if (gcMs >= durationMs / 2) return "gc"
  if (kind === "loop" && flooded && blockedMs < observedMs / 2) return "microtask-flood"
  if (kind !== "convoy" && asksKernel(evidence, observedMs)) return "sync-syscall"
  // many short slices give an answer in between
  if (kind !== "convoy" && silent) return "native"
  return kind
}

/** Causes that blame nobody. */
export const isNobodys = (cause: Cause): boolean => cause === "gc" || cause === "os-starved" || cause === "suspended"
