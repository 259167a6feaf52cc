/**
 * The parts of the host that the worker's loop needs, as they are before any code of the program's tasks runs.
 *
 * A job may replace them (fake timers do), or remove them. The end of that job is not to wait for an immediate that never
 * comes. What the next job would use itself, timers and clocks and the language, is not kept: Effect itself is written with it. A worker on which a
 * job has replaced that is found out by `intrinsics.ts`, or by main (`pool/health/beginWatch.ts`).
 */
export const now = performance.now.bind(performance)

export const immediate = setImmediate

export const timeout = setTimeout

export const exit = process.exit.bind(process) as (code: number) => never
