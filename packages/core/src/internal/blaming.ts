/**
 * Whom the watcher blames while a stall lasts: what an answer shows, and what is reported of it.
 *
 * The beacon names the fiber at any time; the answer of the thread itself also tells who took most of the time, and
 * where. Nothing here imports Effect: it loads in the watching thread.
 */
import type { Action, Answer, Open, Report, Sample, Seen } from "../Sysmon.ts"
import * as rateLimit from "./rateLimit.ts"
import type { Surroundings } from "./stackFrames.ts"
import { placeOf } from "./stackFrames.ts"
import * as starvationText from "./starvationText.ts"

/** An answer that took longer came out of a native call. A guess between the 4 ms of a busy machine and 20 of patience. */
export const lateMs = 15

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
  return {
    at: answer.at,
    delayMs,
    late: !isSameHold || delayMs - (coreWaitMs - asked.coreWaitMs) > lateMs,
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

const isMostOf = (ms: number, { startedAt }: Open, at: number): boolean => ms >= (at - startedAt) / 2

/** Says that a stall lasts, and tells the thread that it was said. */
export const report = (
  open: Open,
  phase: Report["phase"],
  beacon: Seen,
  slicesAtHeartbeat: number,
  now: number,
  answer?: Answer
): ReadonlyArray<Action> => {
  const ageMs = now - open.startedAt
  const { key, sample } = open
  const blamed = blame(open, beacon, slicesAtHeartbeat, now, answer)
  const report: Report = { key, phase, ageMs, sample, ...blamed, suppressed: 0 }
  return [
    { _tag: "Report", report, quiet: false },
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
    if (action._tag !== "Report") {
      kept.push(action)
      continue
    }
    const asked = rateLimit.ask(limit, starvationText.fingerprint(action.report), now)
    limit = asked.limit
    kept.push({ ...action, report: { ...action.report, suppressed: asked.suppressed }, quiet: !asked.allowed })
  }
  return { limit, actions: kept }
}

/** Who it is, as far as one can tell from outside: the answer knows best, else the beacon must do. */
const blame = (
  open: Open,
  beacon: Seen,
  slicesAtHeartbeat: number,
  now: number,
  answer: Answer | undefined
): Pick<Report, "cause" | "fiberId" | "name"> => {
  const half = (now - open.startedAt) / 2
  if (open.kind === "slice") {
    if (answer !== undefined) {
      return answer.hog.selfMs >= half
        ? { cause: "slice", fiberId: answer.hog.fiberId, name: answer.hog.name }
        : { cause: "convoy", fiberId: undefined, name: answer.busiest }
    }
    return now - beacon.sliceStart >= half
      ? { cause: "slice", fiberId: beacon.fiberId, name: beacon.name }
      : { cause: "convoy", fiberId: undefined, name: beacon.name }
  }
  const busy = answer === undefined ? beacon.sliceSeq - slicesAtHeartbeat > 2 : answer.busyMs >= half
  return busy ? { cause: "convoy", fiberId: undefined, name: answer?.busiest } : loopOrFiber(answer)
}

/** Where the fiber hook could not be installed, no slice is seen; the answer still tells which fiber is current. */
const loopOrFiber = (answer: Answer | undefined): Pick<Report, "cause" | "fiberId" | "name"> =>
  answer?.current === undefined
    ? { cause: "loop", fiberId: undefined, name: undefined }
    : { cause: "slice", fiberId: answer.current.fiberId, name: answer.current.name }
