/**
 * `@giveway/core`: fair scheduling, typed compute tasks and fiber supervision for Effect.
 */
export * as YieldPoint from "./YieldPoint.ts"
