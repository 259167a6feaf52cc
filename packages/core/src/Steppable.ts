/**
 * The runtime side of the yield-point compiler: what compiled code imports, and what drives it. Nothing here is meant to
 * be written by hand; see `Pure.fn` for the way in, and `internal/steppable.ts` for the calling convention.
 */
export type { Frame, Link, Policy, Twin } from "./internal/steppable.ts"
export {
  Activation,
  attach,
  budget,
  clockPolicy,
  invoke,
  link,
  save,
  start,
  SUSPENDED,
  twinOf
} from "./internal/steppable.ts"
