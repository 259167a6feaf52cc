/**
 * Sysmon: a watcher that sees a thread stuck while it is stuck. For platforms, as `@giveway/node` is one; applications use
 * `NodeSysmon` there.
 *
 * This module is the half that needs no platform: the watcher's view of the thread, the pure machine that decides, and the
 * messages between the two. A platform runs it on a thread of its own. `internal/watcher/README.md`
 * describes the protocol.
 *
 * Nothing here imports Effect, since the watching thread should start quickly and need little memory. That is why this is
 * not part of `Platform`, which does. No stability is promised between minor versions.
 *
 * @module
 */
export { json as safeJson, line as safeLine, terminal as safeLines } from "./internal/safeText/safeText.ts"
export type { Work } from "./internal/sharedMemory/jobBoard.ts"
export type { Beacon, Lags, ThreadBlock as Block } from "./internal/sharedMemory/threadBlock.ts"
export {
  fromBuffer as attach,
  lagBoundsMs,
  readBeacon as beacon,
  readLags as lags,
  setSeesRest,
  suspect
} from "./internal/sharedMemory/threadBlock.ts"
export type { Usage } from "./internal/sharedMemory/usage.ts"
export { delayBoundsMs } from "./internal/sharedMemory/usage.ts"
export type { Cause } from "./internal/stalls/causes.ts"
export type { Gap, Notice, Sample, Spent } from "./internal/stalls/observations.ts"
export { lateMs } from "./internal/stalls/observations.ts"
export type { PerMinute } from "./internal/stalls/rateLimit.ts"
export type { Frame, Position, Surroundings } from "./internal/stalls/stackFrames.ts"
export { frames } from "./internal/stalls/stackFrames.ts"
export type { Whole } from "./internal/stalls/stallText.ts"
export { isOwn } from "./internal/stalls/ownNames.ts"
export { fingerprint, fix, line } from "./internal/stalls/stallText.ts"
export { expression as questionOf } from "./internal/watched/answers.ts"
export { prepare as prepareTest, test } from "./internal/watcher/flagTest.ts"
export type { Answer } from "./internal/watcher/question.ts"
export { question } from "./internal/watcher/question.ts"
export type { RestSeen, RestWatch, SystemCall } from "./internal/watcher/restWatch.ts"
export { answered as answeredAtRest, atFirst as restAtFirst, look as lookAtRest } from "./internal/watcher/restWatch.ts"
export type { Candidate, Seen, WorkerBuffers } from "./internal/watcher/seen.ts"
export { candidatesOf, owesSince, read, usage, worker } from "./internal/watcher/seen.ts"
export type { Watch } from "./internal/watcher/sliceWatch.ts"
export { make as watch, rest, sawSteps } from "./internal/watcher/sliceWatch.ts"
export type { Reading } from "./internal/watcher/threadTimes.ts"
export type { Action, Message, Open, Report, Request, State } from "./internal/watcher/watcherTypes.ts"
export { answered, initial, look, spent } from "./internal/watcher/watching.ts"
