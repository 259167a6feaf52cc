/**
 * The part of `Platform` that a program loads before it begins: its scheduler, its supervision, and services whose pool comes later.
 *
 * **Invariant.** Nothing here loads `effect/Schema` or `effect/Config`, which cost each program that starts 100 ms of CPU. A test follows the
 * imports. Those parts that need them are loaded beside the program: `internal/watched/judging.ts`, the pool, the options from the
 * configuration.
 *
 * No stability is promised between minor versions.
 *
 * Decision 0150.
 *
 * @module
 */
export { later as laterCompute } from "../internal/caller/serviceOver.ts"
export { Compute } from "../internal/job/computeService.ts"
export * as ownFibers from "../internal/fibers/ownFibers.ts"
export * as options from "../internal/options/options.ts"
export { begin, layer as schedulerLayer } from "../internal/scheduler/schedulerOptions.ts"
export { runOwn } from "../internal/watched/allowances.ts"
export * as answers from "../internal/watched/answers.ts"
export { make as supervise } from "../internal/watched/supervision.ts"
export type { Start as SupervisionStart, WatchedThread } from "../internal/watched/supervision.ts"
export { table as supervisionOptions } from "../internal/watched/supervisionOptions.ts"
export { Supervision } from "../internal/watched/supervisionService.ts"
