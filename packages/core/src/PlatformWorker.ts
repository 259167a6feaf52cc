/**
 * The worker's half of `Platform`: what runs a job, the messages and the shared memory that both ends use. A worker imports
 * this half alone. The callers' half and the pool would cost each worker memory and time at its start, and it has no use for
 * them.
 *
 * @module
 */
export * as threadBlock from "./internal/sharedMemory/threadBlock.ts"
export * as jobRing from "./internal/sharedMemory/jobRing.ts"
export { ElementWindow } from "./internal/worker/elementWindow.ts"
export { parcel } from "./internal/job/cutViews.ts"
export * as outputCredit from "./internal/sharedMemory/outputCredit.ts"
export { unitsOf } from "./internal/worker/outputSize.ts"
export { OutputWindow } from "./internal/worker/outputWindow.ts"
export type { Overflow } from "./internal/worker/outputWindow.ts"
export { JobTable } from "./internal/pool/jobTable.ts"
export * as jobBoard from "./internal/sharedMemory/jobBoard.ts"
export * as jobContext from "./internal/job/jobContext.ts"
export * as jobExecutor from "./internal/worker/jobExecutor.ts"
export * as jobWatch from "./internal/worker/jobWatch.ts"
export { succeeded, transferOf } from "./internal/job/jobMessages.ts"
export type {
  Ending,
  ColdTask,
  FromWorker,
  Handler,
  JobListener,
  JobRequest,
  JobRunner,
  Outcome,
  StrayHarm,
  ToWorker
} from "./internal/job/jobMessages.ts"
export { evaluateOnce } from "./internal/modules/reloads.ts"
export * as telemetry from "./internal/job/telemetry.ts"
export { make as makeScheduler } from "./internal/scheduler/schedulerOptions.ts"
export { pack, unpack } from "./internal/job/transport.ts"
export type { Packed } from "./internal/job/transport.ts"
export { enterJob, leaveJob } from "./internal/steppable/slices/currentJob.ts"
