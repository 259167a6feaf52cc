/** Instead of `@effect/platform-node`: its `runMain` is that of the runtime that is asked for. */
export * from "@effect/platform-node"
export * as NodeRuntime from "./NodeRuntime.ts"
