/**
 * `@giveway/node`: Giveway on Node.js.
 *
 * @module
 */
export * as Giveway from "./Giveway.ts"
export * as NodeCompute from "./NodeCompute.ts"
export * as NodeDiagnostics from "./NodeDiagnostics.ts"
export * as NodeEnforce from "./NodeEnforce.ts"
export * as NodeSysmon from "./NodeSysmon.ts"
