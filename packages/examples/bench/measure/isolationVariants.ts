/**
 * The pools of the isolation benchmark. piscina's threads have the priority of the process unless told otherwise.
 */
import type { PoolOptions } from "../pools/contestant.ts"
import type { ContestantName } from "../pools/contestants.ts"

export interface Variant extends Pick<PoolOptions, "priority"> {
  readonly contestant: ContestantName
}

export const variants = {
  ours: { contestant: "giveway" },
  noPriority: { contestant: "giveway", priority: false },
  piscina: { contestant: "piscina" },
  piscinaNice: { contestant: "piscina", priority: 19 }
} as const satisfies Readonly<Record<string, Variant>>

export type VariantName = keyof typeof variants
