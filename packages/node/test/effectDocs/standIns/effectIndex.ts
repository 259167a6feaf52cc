/** Instead of `effect`: its runners are those of the runtime that is asked for. */
export * from "effect"
export * as Effect from "./Effect.ts"
export * as ManagedRuntime from "./ManagedRuntime.ts"
