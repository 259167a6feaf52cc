/**
 * `@giveway/core/testing`: layers and schedulers for the tests of programs. A service loads none of it.
 *
 * @module
 */
export * as Interleavings from "./Interleavings.ts"
export * as Simulation from "./Simulation.ts"
export * as Stall from "./Stall.ts"
export * as TestCompute from "./TestCompute.ts"
export * as TestScheduler from "./TestScheduler.ts"
export * as TestSupervision from "./TestSupervision.ts"
