/**
 * The registry of worker pools that the benchmarks compare. A pool's own file knows `contestant.ts`, which asks nothing of
 * this one.
 */
import type { Start } from "./contestant.ts"

/** Everyone, with how to load it: a process loads one only. */
export const contestants = {
  giveway: async () => (await import("./giveway.ts")).start,
  piscina: async () => (await import("./piscina.ts")).start(1),
  "piscina 8 per worker": async () => (await import("./piscina.ts")).start(8),
  tinypool: async () => (await import("./tinypool.ts")).start,
  poolifier: async () => (await import("./poolifier.ts")).start,
  workerpool: async () => (await import("./workerpool.ts")).start,
  multithreading: async () => (await import("./multithreading.ts")).start,
  "effect RpcWorker": async () => (await import("./effectRpc.ts")).start,
  postMessage: async () => (await import("./postMessage.ts")).start("each"),
  postMessageBatched: async () => (await import("./postMessage.ts")).start("batched")
} satisfies Readonly<Record<string, () => Promise<Start>>>

export type ContestantName = keyof typeof contestants

/** Bare messages: no queue, no errors, no ends of workers. What a pool cannot beat by much, and no pool itself. */
export const limits = ["postMessage", "postMessageBatched"] as const satisfies ReadonlyArray<ContestantName>

/** All others but ours. */
export const peers = (Object.keys(contestants) as ReadonlyArray<ContestantName>).filter(
  (name) => name !== "giveway" && !limits.some((limit) => limit === name)
)
