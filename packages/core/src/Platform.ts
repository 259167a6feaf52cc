/**
 * For packages that implement Giveway on some platform, as `@giveway/node` does; applications have no use for it.
 *
 * A platform starts threads, carries messages and keeps time. Everything else is here: the pool's decisions
 * (`poolMachine`), both ends of a job (`jobCaller` with the port it needs, `jobExecutor`), what they say to each other,
 * and the shared-memory layout.
 *
 * No stability is promised between minor versions.
 */
import type { ThreadBlock } from "./internal/sharedMemory.ts"
import * as YieldPoint from "./YieldPoint.ts"

export * as sharedMemory from "./internal/sharedMemory.ts"
export * as answers from "./internal/answers.ts"
export type { Place } from "./internal/jobQueue.ts"
export * as jobRing from "./internal/sharedMemory/jobRing.ts"
export { ElementWindow } from "./internal/elementWindow.ts"
export { findUncloneable } from "./internal/cloneable.ts"
export * as autoCaller from "./internal/autoCaller.ts"
export * as batchCaller from "./internal/batchCaller.ts"
export * as computeMetrics from "./internal/computeMetrics.ts"
export * as jobCaller from "./internal/jobCaller.ts"
export * as jobBoard from "./internal/sharedMemory/jobBoard.ts"
export * as jobContext from "./internal/jobContext.ts"
export * as jobExecutor from "./internal/jobExecutor.ts"
export * as jobWatch from "./internal/jobWatch.ts"
export { succeeded, transferOf } from "./internal/jobMessages.ts"
export type {
  Ending,
  FromWorker,
  JobListener,
  JobRequest,
  JobRunner,
  JobTarget,
  Outcome,
  ToWorker
} from "./internal/jobMessages.ts"
export { remember } from "./internal/killedRegion.ts"
export { limitOf } from "./internal/enforcedLimit.ts"
export { wholeNumber } from "./internal/optionCheck.ts"
export * as poolMachine from "./internal/poolMachine.ts"
export * as streamCaller from "./internal/streamCaller.ts"
export * as telemetry from "./internal/telemetry.ts"
export { pack, unpack } from "./internal/transport.ts"
export type { Packed } from "./internal/transport.ts"

/** A worker's entry: from now on `YieldPoint.check` answers for `job`, whose cancel cell is in `block`. */
export const enterJob = (block: ThreadBlock, job: number): void => YieldPoint.enterJob(block, job)

/** A worker's entry: no job runs. */
export const leaveJob = (): void => YieldPoint.leaveJob()
