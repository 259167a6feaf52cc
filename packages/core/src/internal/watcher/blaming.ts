/**
 * Whom the watcher blames while a stall lasts: what an answer shows, and what is reported of it.
 *
 * The beacon names the fiber at any time; the answer of the thread itself also tells who took most of the time, and
 * where. Nothing here imports Effect: it loads in the watching thread.
 */
import type { Action, Answer, Gap, Open, Report, Sample, Seen } from "../../Sysmon.ts"
import * as causes from "../stalls/causes.ts"
import * as rateLimit from "../stalls/rateLimit.ts"
import type { Surroundings } from "../stalls/stackFrames.ts"
import { asksKernel, inMicrotask, inRuntime, placeOf } from "../stalls/stackFrames.ts"
import * as starvationText from "../stalls/stallText.ts"
import * as threadTimes from "./threadTimes.ts"

/** An answer that took longer came out of a native call. A guess between the 4 ms of a busy machine and 20 that are noticed. */
export const lateMs = 15

/** What lasts so long is said at any time, ms. */
const seriousMs = 1000

/** What an answer to `asked` shows; `coreWaitMs` is how long the thread has waited for a core by now, all in all. */
export const sampleOf = (
  answer: Answer,
  asked: Open,
  surroundings: Surroundings,
  askedAt: number,
  coreWaitMs: number
): Sample => {
  // the thread's own time of answering: when the watcher gets to read it is another matter on a busy machine
  const delayMs = Math.max(0, answer.at - askedAt)
  const isSameHold = asked.key === `slice:${answer.outerSeq}` || asked.key === `hold:${answer.heartbeat}`
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
      fiberId: isSameHold ? current?.fiberId : undefined,
      name: isSameHold ? current?.name : undefined,
      frames: isSameHold ? (current?.frames ?? []) : [],
      place: placeOf(stack, surroundings),
      whole: undefined,
      stack
    }
  }
  const late = !isSameHold || delayMs - (coreWaitMs - asked.coreWaitMs) > lateMs
  const returning = isSameHold && inRuntime(answer.stack, surroundings)
  return {
    at: answer.at,
    delayMs,
    late,
    returning,
    shown: !isSameHold
      ? undefined
      : asksKernel(answer.stack, surroundings)
        ? "kernel"
        : returning || !late
          ? "code"
          : undefined,
    fiberId: answer.current?.fiberId,
    name: answer.current?.name,
    frames: answer.current?.frames ?? [],
    // what runs after it has nothing to do with it
    place: isSameHold ? placeOf(answer.stack, surroundings) : undefined,
    whole:
      isSameHold && answer.whole !== undefined && isMostOf(answer.whole.ms, asked, answer.at)
        ? answer.whole
        : undefined,
    stack: answer.stack
  }
}

/** The call of `JSON.parse` that kept the thread from answering, if one did: who called it was noted before it began. */
const parsingOf = ({ at, parsed }: Answer, askedAt: number, delayMs: number): Answer["parsed"] =>
  parsed !== undefined &&
  Math.min(parsed.to, at) - Math.max(parsed.from, askedAt) >= Math.max(leastParseMs, delayMs / 2)
    ? parsed
    : undefined

/** Less of a call is no reason for an answer that took long, ms. A guess. */
const leastParseMs = 5

const isMostOf = (ms: number, { startedAt }: Open, at: number): boolean => ms >= (at - startedAt) / 2

/** What is known when something is to be said. */
export interface Scene {
  readonly seen: Seen
  readonly slicesAtHeartbeat: number
  readonly gaps: ReadonlyArray<Gap>
  readonly accounts: ReadonlyArray<threadTimes.Account>
  readonly thresholdMs: number
  readonly now: number
  readonly graceUntil: number
}

/** Says that a stall lasts, and tells the thread that it was said. What is allowed, or borne for a while, it says quietly. */
export const report = (open: Open, phase: Report["phase"], scene: Scene): ReadonlyArray<Action> => {
  const { now, seen } = scene
  const ageMs = now - open.startedAt
  const { answer, key, sample } = open
  const isAllowed = open.kind === "slice" && seen.depth > 0 && seen.allowed === seen.fiberId
  const isBorne = now < scene.graceUntil && ageMs < seriousMs
  const quiet = isAllowed || answer?.allowed !== undefined || isBorne
  const report: Report = { key, phase, ageMs, sample, ...blame(open, scene), suppressed: 0 }
  return [
    { _tag: "Report", report, quiet },
    { _tag: "Tell", message: { _tag: "Reported", key } }
  ]
}

/** Quiets reports of what was said often enough. */
export const limited = (
  limit: rateLimit.RateLimit,
  actions: ReadonlyArray<Action>,
  now: number
): { readonly limit: rateLimit.RateLimit; readonly actions: ReadonlyArray<Action> } => {
  const kept: Array<Action> = []
  for (const action of actions) {
    if (action._tag !== "Report" || action.quiet) {
      kept.push(action)
      continue
    }
    const asked = rateLimit.ask(limit, starvationText.fingerprint(action.report), now)
    limit = asked.limit
    kept.push({ ...action, report: { ...action.report, suppressed: asked.suppressed }, quiet: !asked.allowed })
  }
  return { limit, actions: kept }
}

type Blamed = Pick<Report, "cause" | "fiberId" | "name">

/** Who it is, and why, as far as one can tell while it lasts. */
const blame = (open: Open, scene: Scene): Blamed => {
  const { accounts, gaps, now, thresholdMs } = scene
  const { answer, startedAt } = open
  const suspect = suspectOf(open, scene)
  const durationMs = now - startedAt
  const spent = threadTimes.spent(accounts, startedAt, accounts.at(-1)?.at ?? now)
  const within = (kind: Gap["kind"]): number =>
    gaps.reduce(
      (ms, gap) => (gap.kind === kind ? ms + Math.max(0, Math.min(gap.to, now) - Math.max(gap.from, startedAt)) : ms),
      0
    )
  const isMicrotask = answer !== undefined && open.kind === "hold" && inMicrotask(answer.stack)
  const cause = causes.of({
    kind: suspect.cause,
    thresholdMs,
    durationMs,
    stoppedMs: within("stopped"),
    noCoreMs: spent === undefined ? within("core") : spent.noCoreMs + spent.openMs,
    // V8 tells of a collection when it is over
    gcMs: 0,
    systemMs: spent?.systemMs ?? 0,
    blockedMs: spent?.blockedMs ?? 0,
    flooded: answer?.flooded === true || isMicrotask,
    silent: open.sample?.late ?? true,
    shown: open.sample?.shown
  })
  if (causes.isNobodys(cause)) return { cause, fiberId: undefined, name: undefined }
  if (cause === "microtask-flood" && answer?.origin !== undefined && answer.origin.endedAt >= startedAt - recentMs) {
    return { cause, fiberId: answer.origin.fiberId, name: answer.origin.name }
  }
  return { ...suspect, cause }
}

/** A flood that began so soon after a slice is its doing; a heartbeat may be due 10 ms later. A guess. */
const recentMs = 15

interface Suspect {
  readonly cause: "slice" | "convoy" | "loop"
  readonly fiberId: number | undefined
  readonly name: string | undefined
}

/** Who ran: the answer knows best, else the beacon must do. */
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

/** Where the fiber hook could not be installed, no slice is seen; the answer still tells which fiber is current. */
const loopOrFiber = (answer: Answer | undefined): Suspect =>
  answer?.current === undefined
    ? { cause: "loop", fiberId: undefined, name: undefined }
    : { cause: "slice", fiberId: answer.current.fiberId, name: answer.current.name }
