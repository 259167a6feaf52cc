/**
 * Who is measured beside us when a job is cancelled, and what is found out. The other peers cannot stop a loop at all.
 */
export const peers = ["piscina", "tinypool", "workerpool", "effect RpcWorker"] as const

/** A flag in shared memory that the loop polls; `terminate`, another worker being ready. */
export const limits = ["flag", "terminate"] as const

export type Other = (typeof limits)[number] | (typeof peers)[number]

/** Medians, ms from the abort; what never happened is left out. */
export interface Cancelled {
  readonly toldMs?: number
  readonly nextMs?: number
}
