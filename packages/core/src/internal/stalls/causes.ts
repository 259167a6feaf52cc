/**
 * Why the loop could not turn: the cause of a stall, from everything that is known of it.
 *
 * The order is that of innocence. Acts of a debugger, of the operating system and of V8 come first, since no code is to blame for them;
 * then requests to the kernel; then the kind of code. While a stall lasts less is known than afterwards, and the same
 * rules hold.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 *
 * Decisions 0035, 0078 and 0102.
 */

/** Every cause. `Starvation.Cause` explains each. */
export const names = [
  "slice",
  "convoy",
  "microtask-flood",
  "native",
  "sync-syscall",
  "gc",
  "os-starved",
  "suspended",
  "debugger",
  "loop"
] as const

/**
 * Why the loop could not turn.
 *
 * @category reports
 * @since 0.1.0
 */
export type Cause = (typeof names)[number]

/** All facts about a stall that matter for its cause. Times in ms; a time that is not known is 0. */
export interface Evidence {
  /** by the thread's own accounts, or by the beacon */
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
  /** whether the thread, asked for its stack, gave no answer for most of the time */
  readonly silent: boolean
  /** the code in its stacks, for most of the time: a function that asks the `kernel`, or `code` that computes */
  readonly shown: "kernel" | "code" | undefined
  /** whether any code of the program, or a fiber, is known to have run in it */
  readonly seen: boolean
  /** whether the loop is known not to have waited for events, so that it did not sleep for want of any */
  readonly active: boolean
  /** whether the thread slept and answered at once, with a debugger attached: it stood at a breakpoint */
  readonly debugged: boolean
}

/**
 * A stall with this share of it in the kernel asked the kernel for something. A guess: native code that allocates spends a
 * third of its time in page faults, and more on virtual machines.
 */
const mostly = 0.7

/** So does a stall with this share of sleep, since code that computes does not sleep. A guess. */
const asleep = 0.25

/**
 * Whether the kernel was asked for something. A stack counts for more than the time that Linux counts in the kernel: Linux
 * counts ticks, scales them and never takes any back, so for seconds it may put all computing on that side
 * (`cputime_adjust`). Sleep is certain.
 */
const asksKernel = ({ blockedMs, shown, systemMs }: Evidence, observedMs: number): boolean => {
  if (shown === "kernel" || blockedMs >= observedMs / 2) return true
  const sleeps = blockedMs >= observedMs * asleep
  if (shown === "code" && !sleeps) return false
  return blockedMs + systemMs >= observedMs * (sleeps ? 0.5 : mostly)
}

/** With this share of waits for a core the machine is crowded, so a lock may have an owner without a core. A guess. */
const crowded = 0.1

/**
 * Code that slept on a crowded machine, and of which no call was seen, waited for a lock. A loop that slept, and of which no
 * code was seen, waited for its events, or for a lock: the timer that should have woken it,
 * or the owner of the lock, had no core. Code that sleeps in a system call shows in a stack when the call returns.
 */
const unseenAsWaits = ({
  active,
  blockedMs,
  durationMs,
  kind,
  noCoreMs,
  seen
}: Evidence): Pick<Evidence, "blockedMs" | "noCoreMs"> =>
  !seen && ((kind === "loop" && !active) || noCoreMs >= durationMs * crowded)
    ? { blockedMs: 0, noCoreMs: noCoreMs + blockedMs }
    : { blockedMs, noCoreMs }

/** The cause of a stall. */
export const of = (evidence: Evidence): Cause => {
  const { debugged, durationMs, flooded, gcMs, kind, silent, stoppedMs, thresholdMs } = evidence
  if (debugged && evidence.blockedMs >= durationMs / 2) return "debugger"
  const { blockedMs, noCoreMs } = unseenAsWaits(evidence)
  const standingMs = stoppedMs + noCoreMs
  const observedMs = durationMs - standingMs
  // the thread was not run for most of the stall, and but for that there would have been none
  if (observedMs < thresholdMs && observedMs < standingMs) return stoppedMs >= noCoreMs ? "suspended" : "os-starved"
  // by duration: a collection waits for a core as often as everything else
  if (gcMs >= durationMs / 2) return "gc"
  if (kind === "loop" && flooded && blockedMs < observedMs / 2) return "microtask-flood"
  if (kind !== "convoy" && asksKernel(evidence, observedMs)) return "sync-syscall"
  // a convoy answers between two slices
  if (kind !== "convoy" && silent) return "native"
  return kind
}

/** Whether the operating system or a debugger did not run the thread. No program can help that, so it is logged at level Info. */
export const isOfSystem = (cause: Cause): boolean =>
  cause === "os-starved" || cause === "suspended" || cause === "debugger"

/** Whether no fiber and no place in the program is to blame. */
export const blamesNobody = (cause: Cause): boolean => cause === "gc" || isOfSystem(cause)
