/**
 * For packages that implement Giveway on some platform: options from code and configuration together.
 *
 * It stands apart from `Platform`, which each worker loads at its start: `effect/Config` takes 8 ms of it.
 */
export { combined, group, optional, partOf } from "./internal/options/environment.ts"
export type { Environment } from "./internal/options/environment.ts"
