/**
 * `@giveway/core`: fair scheduling, typed compute tasks and fiber supervision for Effect.
 *
 * @module
 */
export * as FairScheduler from "./FairScheduler.ts"
export * as Pure from "./Pure.ts"
export * as YieldPoint from "./YieldPoint.ts"
export * as Compute from "./Compute.ts"
export * as Enforce from "./Enforce.ts"
export * as FiberDump from "./FiberDump.ts"
export * as InvalidOption from "./InvalidOption.ts"
export * as Lints from "./Lints.ts"
export * as Starvation from "./Starvation.ts"
export * as Supervision from "./Supervision.ts"
export * as Task from "./Task.ts"
export * as TestCompute from "./testing/TestCompute.ts"
