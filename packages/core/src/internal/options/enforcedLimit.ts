/**
 * The limit of `Enforce.computing` and `NodeEnforce.region`.
 */
import { duration } from "./duration.ts"

/** A limit, ms: V8 and timers count whole milliseconds. */
export const limit = duration({ from: 1, suchAs: "200 millis" })
