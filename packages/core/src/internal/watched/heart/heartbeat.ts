/**
 * The heartbeat: a timer whose beats show that the event loop turns. A beat that comes late shows that it did not. While nothing
 * happens there is no timer: the heart rests, and each turn of the loop measures itself (`heartMachine.ts`).
 *
 * The fiber hook sees stalls that are one long slice. The heartbeat sees the others: code outside of fibers, and convoys,
 * many short slices of which none is remarkable. The time of long slices is subtracted, so that no stall is found twice.
 *
 * **When did a stall begin?** A timer that was due during a stall knows only that it began earlier, but not before the last
 * beat. Node counts how long its loop was not idle. Since the last beat, that is the stall and the few short things before
 * it: so the measured stall is too long by those, at most by one period. Where the host does not count (browsers), a stall
 * begins when the timer was due, and is up to one period too short.
 *
 * **While nothing runs** and the thread may rest, no timer wakes it. A hold is then measured by the turn in which it was; the watcher is
 * called once a second at most when a turn begins, and otherwise sees that the thread computes (`watcher/restWatch.ts`). Where
 * it could not see that, or the host does not count, the heart beats slowly instead. A wake-up of an idle process costs
 * some 200 µs (cold caches, code that is not compiled), twice: here and in the watcher. The next fiber that runs sets the heart going
 * again, and so does a beat after which the loop has turned for others. Until then a stall may end before the timer is due. It is
 * found by the turns that the loop has made: one or two in all the time that it was not idle.
 *
 * One timer or immediate per thread, counted, and unreferenced: it keeps no process alive.
 *
 * Decisions 0036, 0039 and 0147.
 */
import { onNextSlice, thread, Times } from "../../hook/fiberHook.ts"
import * as labels from "../../hook/labels.ts"
import { now } from "../../sharedMemory/clock.ts"
import * as threadBlock from "../../sharedMemory/threadBlock.ts"
import type { Heart } from "./heartMachine.ts"
import * as heartMachine from "./heartMachine.ts"
import * as loopTimes from "./loopTimes.ts"
import * as tripwire from "./tripwire.ts"

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
  /** whether the loop is known not to have waited for events meanwhile */
  readonly isActive: boolean
}

/** A loop that made more turns than these was not held: one is the beat, one or two are the callback that held it and its sequel. */
const fewTurns = 3

/** The counters at the last beat. */
const atBeat = {
  at: 0,
  due: 0,
  totalMs: 0,
  longMs: 0,
  slices: 0,
  activeMs: undefined as number | undefined,
  turns: undefined as number | undefined,
  events: undefined as number | undefined,
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

/** The loop that is held at `at` cannot have been held before that: it was idle then, or it beat. */
export const idleUntil = (at: number): number => {
  const active = loopTimes.activeMs()
  return active === undefined || atBeat.activeMs === undefined
    ? atBeat.at
    : Math.max(atBeat.at, at - (active - atBeat.activeMs))
}

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
  /** whether it needs no beats while nothing happens */
  readonly mayRest: () => boolean
}

const listeners = new Set<Listener>()

/** While there are listeners. */
let heart: Heart | undefined

const mayRest = (): boolean => {
  if (!tripwire.canRest || atBeat.activeMs === undefined) return false
  for (const listener of listeners) if (!listener.mayRest()) return false
  return true
}

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
  return hardlyTurned ? mostMs : Math.min(mostMs, lateMs + heartMachine.periodMs.busy)
}

/** Tells the listeners whose threshold it has passed of a hold of `heldMs`. */
const tell = (heldMs: number, at: Pick<BeatStall, "startedAt" | "endedAt" | "goesOn" | "isActive">): void => {
  if (!Array.from(listeners).some(({ thresholdMs }) => heldMs >= thresholdMs)) return
  const { busyMs, label } = sinceBeat()
  const stall: BeatStall = {
    ...at,
    key: threadBlock.readBeacon(block).heartbeat,
    busyMs: Math.max(0, busyMs - (times[Times.long]! - atBeat.longMs)),
    label,
    slices: thread.slices - atBeat.slices
  }
  for (const { onStall, thresholdMs } of listeners) if (heldMs >= thresholdMs) onStall(stall)
}

const beat = (): void => {
  if (heart?.mode !== "beats") return
  const { quiet } = heart
  const at = now()
  const turns = loopTimes.turns()
  const { attributed } = threadBlock.readBeacon(block)
  threadBlock.addLag(block, at - atBeat.due)
  const heldMs = heldUntil(at, attributed, turns)
  const goesOn = turns !== undefined && turns === atBeat.turns
  tell(heldMs, { startedAt: at - heldMs, endedAt: at, goesOn, isActive: false })
  for (const { onBeat } of listeners) onBeat(at)
  // a listener may have stopped the heart
  if (listeners.size === 0) return
  const isQuiet = thread.slices === atBeat.slices && !turned(turns)
  noteSlices()
  note(at)
  go(heartMachine.beaten(quiet, at, { isQuiet, mayRest: mayRest() }), at)
}

/** The watcher is called so seldom, ms: it looks as often by itself. */
const callEveryMs = 1000

/** When a turn last called the watcher. */
let calledAt = Number.NEGATIVE_INFINITY

/** The loop has turned while the heart rests: no fiber has run. */
const trip = (): void => {
  const tripped = heart
  if (tripped === undefined || tripped.mode === "beats") return
  const at = now()
  const before = { at: atBeat.at, activeMs: atBeat.activeMs, events: atBeat.events }
  const active = loopTimes.activeMs()
  const heldMs = active === undefined || before.activeMs === undefined ? 0 : Math.max(0, active - before.activeMs)
  const wasAwake = tripped.mode === "turns"
  // in the moment before the loop slept a timer may have become due; then no event was there since
  const isEarlier = !wasAwake && before.events !== undefined && loopTimes.events() === before.events
  const startedAt = isEarlier ? before.at : at - heldMs
  if (wasAwake) threadBlock.addLag(block, at - before.at)
  tell(heldMs, { startedAt, endedAt: startedAt + heldMs, goesOn: false, isActive: true })
  for (const { onBeat } of listeners) onBeat(at)
  if (listeners.size === 0) return
  note(at)
  // a listener may have run a fiber
  const next =
    heart === tripped ? heartMachine.tripped(tripped, at, { heldMs, mayRest: mayRest() }) : heartMachine.begun(at)
  go(next, at)
  if (wasAwake || next.mode !== "turns" || at - calledAt < callEveryMs) return
  calledAt = at
  threadBlock.wake(block)
}

/** Notes the counters of the loop. */
const note = (at: number): void => {
  atBeat.at = at
  atBeat.activeMs = loopTimes.activeMs()
  atBeat.turns = loopTimes.turns()
  atBeat.events = loopTimes.events()
}

/** Notes the counters of fibers. */
const noteSlices = (): void => {
  atBeat.totalMs = times[Times.total]!
  atBeat.longMs = times[Times.long]!
  atBeat.slices = thread.slices
  for (let index = 0; index < threadLabels.count(); index++) atBeat.labelMs[index] = selfMs[index]!
}

/** The loop turns, at `at`: says so, and does so again when `next` says. */
const go = (next: Heart, at: number): void => {
  heart = next
  const due = next.mode === "beats" ? next.due : next.mode === "turns" ? at : Infinity
  atBeat.due = due
  threadBlock.heartbeat(block, due, at, atBeat.activeMs ?? 0)
  if (next.mode === "beats") tripwire.after(due - at, beat)
  else if (next.mode === "turns") tripwire.inTurnAtOnce(trip)
  else tripwire.inNextTurn(trip)
  onNextSlice(next.mode === "beats" && !next.isSlow ? undefined : hurry)
}

/**
 * The first fiber after a time of rest: the next beat is moved nearer, and the watcher is woken, which rests as long as the
 * heart does. If the beat is overdue, both come anyway. The counters stay those of the last turn: other code may have held the loop
 * before the fiber ran.
 */
const hurry = (): void => {
  if (heart === undefined) return
  const at = now()
  const next = heartMachine.hurried(heart, at)
  if (next === heart || next.mode !== "beats") return
  heart = next
  atBeat.due = next.due
  threadBlock.moveHeartbeat(block, next.due)
  threadBlock.wake(block)
  tripwire.after(next.due - at, beat)
}

/** Listens until the returned function is called. The heart beats as long as there is a listener. */
export const listen = (listener: Listener): (() => void) => {
  listeners.add(listener)
  if (heart === undefined) {
    const at = now()
    noteSlices()
    note(at)
    go(heartMachine.begun(at), at)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    tripwire.stop()
    heart = undefined
    onNextSlice(undefined)
  }
}
