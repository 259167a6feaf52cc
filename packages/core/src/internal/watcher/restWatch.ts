/**
 * Is a loop held whose heart rests? Nothing is overdue then, so the watcher looks at the thread itself, once a second. Pure.
 *
 * **It computes.** The loop tells at each turn for how long it had not been idle so far (`Beacon.active`). A thread that has
 * computed, or waited for a core, for longer than that computes in a turn that is not over. It began so long ago as this
 * is more, since the loop slept before.
 *
 * **It sleeps elsewhere.** A loop that waits for events always sleeps in the same system call on the same poll. Another
 * call, seen twice while the loop did not turn, blocks it: `execSync` (which polls too, but another poll), `readSync` on a pipe.
 *
 * **Invariant.** A suspicion is kept, with its beginning, until the thread shows that its loop turns: by the next
 * heartbeat, or by sleeping in its own poll. So the reports of one hold have one beginning and one key.
 *
 * **The poll is learned**, never assumed: it is the first call for events in which the thread sleeps while nothing is overdue. If that
 * was another one, the thread answers a question at once, shows that nothing blocks it, and the poll is learned anew. As long as it is not
 * known, or where the system does not tell, a call that blocks is told when it is over.
 *
 * A wait for a lock (`Atomics.wait`, V8's own) is told after a second only: its owner may have no core (decision 0102).
 *
 * Nothing here imports Effect: it loads in the watching thread.
 *
 * Decision 0148.
 */
import type { Beacon } from "../sharedMemory/threadBlock.ts"
import type { Reading } from "./threadTimes.ts"

/** Between two looks at a thread at rest, ms. */
export const restLookMs = 1000

/** Computing is counted at ticks of 4 to 10 ms, and the turns of an idle loop cost some 0.1 ms that are not its own. A guess. */
const leastHeldMs = 20

/** Between two looks at a thread that does something, ms: a stall of the usual threshold is asked about after 30. */
const nextLookMs = 20

/** So long a thread sleeps for a lock before the lock is blamed, ms; and between two looks until then. */
const lockMs = 1000
const lockLookMs = 250

/**
 * The system call in which a thread sleeps, as the operating system tells it.
 *
 * @category looks
 * @since 0.1.0
 */
export interface SystemCall {
  /** the call with its first argument: `epoll_wait` on one poll is another call than on another */
  readonly call: string
  /** whether it is one with which a loop waits for events, or one with which a thread waits for a lock */
  readonly isPoll: boolean
  readonly isLock: boolean
  /** since when it sleeps, in ms of the shared clock; `undefined` where that is not known */
  readonly since: () => number | undefined
}

/**
 * What the watcher sees of the thread in one look.
 *
 * @category looks
 * @since 0.1.0
 */
export interface RestSeen {
  readonly now: number
  readonly beacon: Beacon
  /** read before the beacon */
  readonly reading: Reading | undefined
  /** `undefined` if the thread does not sleep, or the system does not tell */
  readonly call: () => SystemCall | undefined
}

/** The last look at which the thread slept. */
interface Slept {
  readonly active: number
  readonly countedMs: number
}

/**
 * The watcher's memory of a thread at rest, from one look to the next.
 *
 * @category the machine
 * @since 0.1.0
 */
export interface RestWatch {
  readonly slept: Slept | undefined
  /** the loop's own wait for events */
  readonly poll: string | undefined
  /** a call that is not the poll: when it was first seen */
  readonly elsewhere:
    | { readonly call: string; readonly heartbeat: number; readonly at: number; readonly since: number }
    | undefined
  readonly suspicion: { readonly heartbeat: number; readonly since: number } | undefined
  /** whether the thread is known to be blocked by a call */
  readonly isBlocked: boolean
  /** after so many ms the thread is to be looked at again; Infinity: the rest of the watcher decides */
  readonly lookMs: number
}

/**
 * A watcher that has not looked yet.
 *
 * @category the machine
 * @since 0.1.0
 */
export const atFirst: RestWatch = {
  slept: undefined,
  poll: undefined,
  elsewhere: undefined,
  suspicion: undefined,
  isBlocked: false,
  lookMs: Infinity
}

const counted = ({ noCoreMs, ranMs }: Reading): number => ranMs + noCoreMs

/** For how long the thread has done something in a turn that is not over. */
const heldMs = (slept: Slept | undefined, { beacon, now, reading }: RestSeen): number => {
  if (slept === undefined || reading === undefined) return 0
  const inTurns = Math.max(0, beacon.active - slept.active)
  return Math.min(now - beacon.heartbeatAt, counted(reading) - slept.countedMs - inTurns)
}

/** The thread sleeps in a call that is not its loop's poll. */
const blocked = (kept: RestWatch, seen: RestSeen, { call, isLock, since }: SystemCall): RestWatch => {
  const { beacon, now } = seen
  const { heartbeat } = beacon
  const first =
    kept.elsewhere?.call === call
      ? kept.elsewhere
      : {
          call,
          heartbeat,
          at: now,
          // a callback may have computed before it made the call
          since: Math.max(beacon.heartbeatAt, (since() ?? now) - Math.max(0, heldMs(kept.slept, seen)))
        }
  const isBlocked = first === kept.elsewhere && (!isLock || now - first.since >= lockMs)
  const isNew = isBlocked && kept.suspicion === undefined && beacon.heartbeatDue === Infinity
  return {
    ...kept,
    elsewhere: first,
    isBlocked,
    suspicion: isNew ? { heartbeat, since: first.since } : kept.suspicion,
    lookMs: isLock && !isBlocked ? lockLookMs : nextLookMs
  }
}

/**
 * One look.
 *
 * @category the machine
 * @since 0.1.0
 */
export const look = (watch: RestWatch, seen: RestSeen): RestWatch => {
  const { beacon, now, reading } = seen
  const { depth, heartbeat, heartbeatDue } = beacon
  const suspicion = watch.suspicion?.heartbeat === heartbeat ? watch.suspicion : undefined
  const elsewhere = watch.elsewhere?.heartbeat === heartbeat ? watch.elsewhere : undefined
  const kept: RestWatch = { ...watch, suspicion, elsewhere, isBlocked: false, lookMs: Infinity }
  // what a fiber does, its slice shows
  if (reading === undefined || heartbeat === 0 || depth > 0) return kept
  const rests = heartbeatDue === Infinity
  if (!reading.asleep) {
    if (!rests || suspicion !== undefined) return kept
    const held = heldMs(watch.slept, seen)
    return held < leastHeldMs
      ? { ...kept, lookMs: nextLookMs }
      : { ...kept, suspicion: { heartbeat, since: now - held } }
  }
  const slept = { active: beacon.active, countedMs: counted(reading) }
  const call = rests || now > heartbeatDue || watch.poll === undefined ? seen.call() : undefined
  if (call === undefined) return { ...kept, slept }
  const isHealthy = suspicion === undefined && now < heartbeatDue
  const poll = kept.poll ?? (isHealthy && call.isPoll ? call.call : undefined)
  if (poll === undefined) return { ...kept, slept }
  return call.call === poll
    ? { ...kept, slept, poll, suspicion: undefined, elsewhere: undefined }
    : blocked({ ...kept, poll }, seen, call)
}

/**
 * The thread has answered a question about the stall of `heartbeat`, at once or not. It knows itself since when it has not been idle.
 * If it answers at once, no call blocks it: the poll was learned wrongly, and is learned anew.
 *
 * @category the machine
 * @since 0.1.0
 */
export const answered = (
  watch: RestWatch,
  answer: { readonly heartbeat: number; readonly idleUntil: number; readonly isLate: boolean }
): RestWatch => {
  const { suspicion } = watch
  if (suspicion === undefined || suspicion.heartbeat !== answer.heartbeat) return watch
  const corrected = { ...watch, suspicion: { ...suspicion, since: answer.idleUntil } }
  return watch.isBlocked && !answer.isLate
    ? { ...corrected, isBlocked: false, elsewhere: undefined, poll: undefined }
    : corrected
}
