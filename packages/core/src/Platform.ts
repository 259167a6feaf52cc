/**
 * For packages that implement Giveway on a platform, as `@giveway/node` does; applications have no use for it. So it has a
 * path of its own, `@giveway/core/Platform`, and is not in the index.
 *
 * A platform starts threads, carries messages and keeps time. All the rest is here: the pool's decisions (`poolMachine`), both
 * ends of a job (`jobCaller` with the port it needs, `jobExecutor`), their messages, and the layout of shared memory.
 *
 * No stability is promised between minor versions.
 */
export * as threadBlock from "./internal/sharedMemory/threadBlock.ts"
export { table as supervisionOptions } from "./internal/watched/supervisionOptions.ts"
export * as ownFibers from "./internal/fibers/ownFibers.ts"
export { runOwn } from "./internal/watched/allowances.ts"
export * as answers from "./internal/watched/answers.ts"
export type { Standing } from "./internal/pool/jobQueue.ts"
export * as jobRing from "./internal/sharedMemory/jobRing.ts"
export { ElementWindow } from "./internal/worker/elementWindow.ts"
export { findUncloneable } from "./internal/job/cloneable.ts"
export { parcel } from "./internal/job/cutViews.ts"
export * as autoCaller from "./internal/caller/autoCaller.ts"
export * as batchCaller from "./internal/caller/batchCaller.ts"
export { serviceOver } from "./internal/caller/computeAdapter.ts"
export * as computeMetrics from "./internal/caller/computeMetrics.ts"
export * as jobCaller from "./internal/caller/jobCaller.ts"
export * as jobBoard from "./internal/sharedMemory/jobBoard.ts"
export * as jobContext from "./internal/job/jobContext.ts"
export * as jobExecutor from "./internal/worker/jobExecutor.ts"
export * as jobWatch from "./internal/worker/jobWatch.ts"
export { succeeded, transferOf } from "./internal/job/jobMessages.ts"
export type {
  Ending,
  FromWorker,
  JobListener,
  JobRequest,
  JobRunner,
  Outcome,
  ToWorker
} from "./internal/job/jobMessages.ts"
export { remember } from "./internal/hook/killedRegion.ts"
export * as options from "./internal/options/options.ts"
export * as poolMachine from "./internal/pool/poolMachine.ts"
export * as streamCaller from "./internal/caller/streamCaller.ts"
export * as telemetry from "./internal/job/telemetry.ts"
export { make as makeScheduler } from "./internal/scheduler/schedulerOptions.ts"
export { pack, unpack } from "./internal/job/transport.ts"
export type { Packed } from "./internal/job/transport.ts"
export { enterJob, leaveJob } from "./internal/steppable/slices/currentJob.ts"
