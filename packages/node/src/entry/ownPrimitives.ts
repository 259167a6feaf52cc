/**
 * The parts of the host that the worker's loop needs, as they are before any code of the program's tasks runs.
 *
 * A job may replace them (fake timers do), or remove them. The next job on this worker is not to wait for an immediate that never
 * comes. Prototypes of the language (`Array`, `Map`) are not kept: Effect itself is written with them. A worker on which a job has broken
 * those is found out by `intrinsics.ts`, or by main (`pool/health/beginWatch.ts`).
 */
export const now = performance.now.bind(performance)

export const immediate = setImmediate

export const timeout = setTimeout

export const exit = process.exit.bind(process) as (code: number) => never
