/** Instead of `@effect/platform-node/NodeRuntime`. */
export { runMain } from "../runtimes.ts"
