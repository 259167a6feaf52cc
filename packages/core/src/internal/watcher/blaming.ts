/**
 * Which fiber the watcher blames while a stall lasts: it makes samples of answers, and reports of samples.
 *
 * The beacon names the running fiber at any time. The thread's own answer also tells which fiber took most of the time, and
 * where. Nothing here imports Effect: it loads in the watching thread.
 */
import * as causes from "../stalls/causes.ts"
import type { Gap, Sample } from "../stalls/observations.ts"
import { beatKey, lateMs, sliceKey, within } from "../stalls/observations.ts"
import * as ownNames from "../stalls/ownNames.ts"
import * as rateLimit from "../stalls/rateLimit.ts"
import type { Surroundings } from "../stalls/stackFrames.ts"
import { asksKernel, inMicrotask, inRuntime, placeOf } from "../stalls/stackFrames.ts"
import type { Provided } from "../stalls/stallText.ts"
import * as stallText from "../stalls/stallText.ts"
import type { Answer } from "./question.ts"
import type { Seen } from "./seen.ts"
import * as threadTimes from "./threadTimes.ts"
import type { Action, Open, Report } from "./watcherTypes.ts"

/** The sample that an answer to `asked` gives; `coreWaitMs` is how long the thread has waited for a core by now, all in all. */
export const sampleOf = (
  answer: Answer,
  asked: Open,
  surroundings: Surroundings,
  askedAt: number,
  coreWaitMs: number
): Sample => {
  // by the time at which the thread answered: on a busy machine the watcher reads it later
  const delayMs = Math.max(0, answer.at - askedAt)
  const isSameStall = asked.key === sliceKey(answer.outerSeq) || asked.key === beatKey(answer.heartbeat)
  const parsing = parsingOf(answer, askedAt, delayMs)
  if (parsing !== undefined) {
    const { stack } = parsing
    const { current } = answer
    return {
      at: answer.at,
      delayMs,
      late: true,
      returning: true,
      shown: "code",
      fiberId: isSameStall ? current?.fiberId : undefined,
      name: isSameStall ? current?.name : undefined,
      frames: isSameStall ? (current?.frames ?? []) : [],
      place: placeOf(stack, surroundings),
      debugged: false,
      whole: undefined,
      stack
    }
  }
  const late = !isSameStall || delayMs - (coreWaitMs - asked.coreWaitMs) > lateMs
  const returning = isSameStall && inRuntime(answer.stack, surroundings)
  return {
    at: answer.at,
    delayMs,
    late,
    returning,
    shown: !isSameStall
      ? undefined
      : asksKernel(answer.stack, surroundings)
        ? "kernel"
        : returning || !late
          ? "code"
          : undefined,
    fiberId: answer.current?.fiberId,
    name: answer.current?.name,
    frames: answer.current?.frames ?? [],
    // the code that runs after a stall has nothing to do with it
    place: isSameStall ? placeOf(answer.stack, surroundings) : undefined,
    debugged: answer.debugged && isSameStall && !late && !asksKernel(answer.stack, surroundings),
    whole:
      isSameStall && answer.whole !== undefined && isMostOf(answer.whole.ms, asked, answer.at)
        ? answer.whole
        : undefined,
    stack: answer.stack
  }
}

/** The call of `JSON.parse` that kept the thread from answering, if one did. Its caller was noted before it began. */
const parsingOf = ({ at, parsed }: Answer, askedAt: number, delayMs: number): Answer["parsed"] =>
  parsed !== undefined &&
  Math.min(parsed.to, at) - Math.max(parsed.from, askedAt) >= Math.max(leastParseMs, delayMs / 2)
    ? parsed
    : undefined

/** A shorter part of such a call is no reason for a late answer, ms. A guess. */
const leastParseMs = 5

const isMostOf = (ms: number, { startedAt }: Open, at: number): boolean => ms >= (at - startedAt) / 2

/** All that is known besides the stall itself when it is reported. */
export interface Scene {
  readonly seen: Seen
  readonly slicesAtHeartbeat: number
  readonly gaps: ReadonlyArray<Gap>
  readonly accounts: ReadonlyArray<threadTimes.Account>
  readonly thresholdMs: number
  readonly now: number
  readonly graceUntil: number
  readonly provided: Provided
  readonly debugged: boolean
}

/**
 * Reports that a stall lasts. Quiet if the stall is allowed, or Giveway's own, or a breakpoint, or the program has only just
 * started.
 */
export const report = (open: Open, phase: Report["phase"], scene: Scene): ReadonlyArray<Action> => {
  const { now, seen } = scene
  const ageMs = now - open.startedAt
  const { answer, key, sample } = open
  const isAllowed = open.kind === "slice" && seen.depth > 0 && seen.allowed === seen.fiberId
  const isInGrace = now < scene.graceUntil && ageMs < rateLimit.seriousMs
  const blamed = blame(open, scene)
  const isOwn = ownNames.isOwn(blamed.name) || blamed.cause === "debugger"
  const quiet = isAllowed || answer?.allowed !== undefined || isInGrace || isOwn
  const report: Report = { key, phase, ageMs, sample, ...blamed, provided: scene.provided, suppressed: 0 }
  return [{ _tag: "Report", report, quiet }]
}

/**
 * Whether a stall that is overdue can be reported. One that is the operating system's by all that is known waits: nobody can help
 * it, and it is reported when it has become serious.
 */
export const isTold = (open: Open, scene: Scene): boolean => {
  const ageMs = scene.now - open.startedAt
  if (ageMs >= rateLimit.seriousMs) return true
  // a loop that sleeps and has not answered yet may wait for its events only, or stand at a breakpoint
  const sleeps = open.sample === undefined && scene.accounts.at(-1)?.asleep === true
  if (sleeps && open.kind === "beat" && scene.seen.isBlocked) return true
  if (sleeps && (open.kind === "beat" || scene.debugged)) return false
  return !causes.isOfSystem(blame(open, scene).cause)
}

/** Makes reports quiet that are like too many others of late, and tells the thread which reports were made. */
export const limited = (
  limit: rateLimit.RateLimit,
  actions: ReadonlyArray<Action>,
  now: number
): { readonly limit: rateLimit.RateLimit; readonly actions: ReadonlyArray<Action> } => {
  const kept: Array<Action> = []
  for (const action of actions) {
    if (action._tag !== "Report") {
      kept.push(action)
      continue
    }
    const { cause, key } = action.report
    const told = (logged: boolean): Action => ({ _tag: "Tell", message: { _tag: "Reported", key, cause, logged } })
    if (action.quiet) {
      kept.push(action, told(false))
      continue
    }
    const asked = rateLimit.ask(limit, stallText.fingerprint(action.report), now)
    limit = asked.limit
    kept.push({ ...action, report: { ...action.report, suppressed: asked.suppressed }, quiet: !asked.allowed })
    kept.push(told(asked.allowed))
  }
  return { limit, actions: kept }
}

/** Time that is not counted yet, and may turn out to be a wait for a core, ms. */
export const doubtfulMs = (accounts: ReadonlyArray<threadTimes.Account>): number => {
  const last = accounts.at(-1)
  return last === undefined ? 0 : threadTimes.doubtfulBy(last)
}

type Blamed = Pick<Report, "cause" | "fiberId" | "name">

/** Which fiber is to blame, and why, as far as can be told while the stall lasts. */
const blame = (open: Open, scene: Scene): Blamed => {
  const { accounts, gaps, now, seen, thresholdMs } = scene
  const { answer, startedAt } = open
  const suspect = suspectOf(open, scene)
  const durationMs = now - startedAt
  const spent = threadTimes.spent(accounts, startedAt, accounts.at(-1)?.at ?? now)
  const inGaps = (kind: Gap["kind"]): number =>
    within(
      gaps.filter((gap) => gap.kind === kind),
      startedAt,
      now
    )
  const standsMs = spent === undefined ? inGaps("core") : spent.noCoreMs + spent.openMs + doubtfulMs(accounts)
  const isBlocked = open.kind === "beat" && seen.isBlocked
  const inKernel = open.sample?.shown === "kernel" || isBlocked
  const unwatchedMs = inKernel ? 0 : Math.max(0, Math.min(spent?.blockedMs ?? 0, inGaps("core") - standsMs))
  const isMicrotask = answer !== undefined && open.kind === "beat" && inMicrotask(answer.stack)
  const cause = causes.of({
    kind: suspect.cause,
    thresholdMs,
    durationMs,
    stoppedMs: inGaps("stopped"),
    noCoreMs: standsMs + unwatchedMs,
    // V8 tells of a collection when it is over
    gcMs: 0,
    systemMs: spent?.systemMs ?? 0,
    blockedMs: (spent?.blockedMs ?? 0) - unwatchedMs,
    flooded: answer?.flooded === true || isMicrotask,
    silent: open.sample?.late ?? true,
    shown: isBlocked ? "kernel" : open.sample?.shown,
    seen: open.sample?.place !== undefined || inKernel,
    // a beat that was due may only be late
    active: open.kind === "slice" || isBlocked,
    debugged: open.sample?.debugged === true
  })
  if (causes.blamesNobody(cause)) return { cause, fiberId: undefined, name: undefined }
  if (answer?.own === true) return { cause, fiberId: undefined, name: ownNames.start }
  if (ownNames.isOwn(suspect.name)) return { cause, fiberId: undefined, name: suspect.name }
  if (cause === "microtask-flood" && answer?.origin !== undefined && answer.origin.endedAt >= startedAt - recentMs) {
    return { cause, fiberId: answer.origin.fiberId, name: answer.origin.name }
  }
  return { ...suspect, cause }
}

/** A flood that began so soon after a slice is blamed on its fiber; a heartbeat may be due 10 ms later, ms. A guess. */
const recentMs = 15

interface Suspect {
  readonly cause: "slice" | "convoy" | "loop"
  readonly fiberId: number | undefined
  readonly name: string | undefined
}

/** Which fiber ran, by the answer; without one by the beacon. */
const suspectOf = (open: Open, { now, seen, slicesAtHeartbeat }: Scene): Suspect => {
  const { answer, startedAt } = open
  const half = ((answer?.at ?? now) - startedAt) / 2
  if (open.kind === "slice") {
    if (answer !== undefined) {
      return answer.hog.selfMs >= half
        ? { cause: "slice", fiberId: answer.hog.fiberId, name: answer.hog.name }
        : { cause: "convoy", fiberId: undefined, name: answer.busiest }
    }
    return now - seen.sliceStart >= half
      ? { cause: "slice", fiberId: seen.fiberId, name: seen.name }
      : { cause: "convoy", fiberId: undefined, name: seen.name }
  }
  const busy = answer === undefined ? seen.sliceSeq - slicesAtHeartbeat > 2 : answer.busyMs >= half
  return busy ? { cause: "convoy", fiberId: undefined, name: answer?.busiest } : loopOrFiber(answer)
}

/** Where the fiber hook could not be installed, no slice is seen; but the answer tells which fiber is current. */
const loopOrFiber = (answer: Answer | undefined): Suspect =>
  answer?.current === undefined
    ? { cause: "loop", fiberId: undefined, name: undefined }
    : { cause: "slice", fiberId: answer.current.fiberId, name: answer.current.name }
