/**
 * For packages that implement Giveway on a platform, as `@giveway/node` does; applications have no use for it. So it has a
 * path of its own, `@giveway/core/Platform`, and is not in the index.
 *
 * `PlatformWorker` is the half that a worker thread loads, and `platform/Start` the part that a program loads before it begins. Both are
 * parts of this one.
 *
 * A platform starts threads, carries messages and keeps time. All the rest is here: the pool's decisions (`poolMachine`), both
 * ends of a job (`jobCaller` with the port it needs, `jobExecutor`), their messages, and the layout of shared memory.
 *
 * No stability is promised between minor versions.
 *
 * @module
 */
export * from "./platform/Start.ts"
export * from "./PlatformWorker.ts"
export * as cut from "./internal/safeText/cut.ts"
export type { Standing } from "./internal/pool/jobQueue.ts"
export { isDefinition } from "./internal/job/taskDefinition.ts"
export * as jobElements from "./internal/steppable/jobElements.ts"
export { findUncloneable } from "./internal/job/cloneable.ts"
export * as autoCaller from "./internal/caller/autoCaller.ts"
export * as batchCaller from "./internal/caller/batchCaller.ts"
export { serviceOver } from "./internal/caller/serviceOver.ts"
export * as computeMetrics from "./internal/caller/computeMetrics.ts"
export * as jobCaller from "./internal/caller/jobCaller.ts"
export * as judging from "./internal/watched/judging.ts"
export { remember } from "./internal/hook/killedRegion.ts"
export * as poolMachine from "./internal/pool/poolMachine.ts"
export { JobTable } from "./internal/pool/jobTable.ts"
export * as streamCaller from "./internal/caller/streamCaller.ts"
export { count as reloads } from "./internal/modules/reloads.ts"
export * as configuration from "./internal/options/environment.ts"
export { thrownText } from "./internal/options/shownValue.ts"
