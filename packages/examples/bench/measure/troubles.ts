/**
 * What can go wrong with a job, and what its caller ought to be told.
 *
 * A caller is told right if it can act on it: fields and class of an error are there, the reason is named, and an answer
 * comes at all, soon.
 */
import type { Job, Pool } from "../pools/contestant.ts"

/** What became of a job, seen from its caller. */
export type Seen =
  | { readonly _tag: "Pending" }
  | { readonly _tag: "Done"; readonly value: unknown; readonly ms: number }
  | { readonly _tag: "Failed"; readonly error: unknown; readonly ms: number }

/** One cell of the matrix, in a few words. */
export interface Cell {
  readonly right: boolean
  readonly what: string
}

/** Whom a trouble concerns. */
export const concerned = ["caller", "queued", "running", "next"] as const

export type Row = Readonly<Record<(typeof concerned)[number], Cell>>

interface Trouble {
  readonly title: string
  readonly job: Job
  readonly judge: (seen: Seen, pool: Pool, cancelledAfterMs: number) => Cell
  /** the caller loses patience 200 ms later */
  readonly cancelled?: true
  /** it happens while a worker loads the jobs, so nothing runs before */
  readonly atLoad?: true
  /** no other job of this pool can be done either: to be told so is right */
  readonly hopeless?: true
  readonly heapMb?: number
}

const hangs: Cell = { right: false, what: "hangs" }

/** An error and its causes, as properties of which a user could make something. */
const chain = (error: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const found: Array<Readonly<Record<string, unknown>>> = []
  for (let at = error; typeof at === "object" && at !== null && found.length < 5; at = (at as Error).cause) {
    found.push(at as Readonly<Record<string, unknown>>)
  }
  return found
}

const says = (error: unknown, pattern: RegExp): boolean =>
  pattern.test(String(error)) ||
  chain(error).some(({ code, message }) => pattern.test(`${String(code)} ${String(message)}`))

/** The caller is to fail, and `told` says how well it was told. */
const failing =
  (told: (error: unknown, pool: Pool) => Cell): Trouble["judge"] =>
  (seen, pool) => {
    if (seen._tag === "Pending") return hangs
    if (seen._tag === "Done") return { right: false, what: "succeeds" }
    return told(seen.error, pool)
  }

const toldAnything = failing(() => ({ right: true, what: "told" }))

const toldReason = (pattern: RegExp): Trouble["judge"] =>
  failing((error) => (says(error, pattern) ? { right: true, what: "told why" } : { right: false, what: "reason lost" }))

/** ms from the cancel until its caller ought to know, a grace of 100 ms included */
const soonMs = 1000

const toldSoon: Trouble["judge"] = (seen, _, cancelledAfterMs) => {
  if (seen._tag === "Pending") return hangs
  const ms = seen.ms - cancelledAfterMs
  return { right: seen._tag === "Failed" && ms < soonMs, what: `told in ${Math.round(ms)} ms` }
}

export const troubles = {
  throws: {
    title: "throws",
    job: { name: "throws", payload: undefined },
    judge: failing((error) => {
      if (!says(error, /it broke/)) return { right: false, what: "error lost" }
      return chain(error).some(({ code, part }) => code === "E_BROKEN" && part === 7)
        ? { right: true, what: "fields kept" }
        : { right: false, what: "fields lost" }
    })
  },
  refuses: {
    title: "rejects with a class",
    job: { name: "refuse", payload: "no room" },
    judge: failing((error, { Refused }) =>
      error instanceof Refused && error.reason === "no room"
        ? { right: true, what: "instanceof" }
        : { right: false, what: "class lost" }
    )
  },
  exits: { title: "process.exit", job: { name: "exit", payload: undefined }, judge: toldAnything },
  exhausts: {
    title: "out of memory",
    job: { name: "exhaust", payload: undefined },
    judge: toldReason(/memory|heap/i),
    heapMb: 64
  },
  argument: { title: "unclonable argument", job: { name: "echo", payload: () => 1 }, judge: toldAnything },
  result: { title: "unclonable result", job: { name: "makeFunction", payload: undefined }, judge: toldAnything },
  loops: {
    title: "endless loop, cancelled",
    job: { name: "loop", payload: undefined },
    cancelled: true,
    judge: toldSoon
  },
  native: {
    title: "stuck native call, cancelled",
    job: { name: "native", payload: undefined },
    cancelled: true,
    judge: toldSoon
  },
  diesAtLoad: {
    title: "death before ready",
    job: { name: "hold", payload: 10 },
    atLoad: true,
    judge: (seen) =>
      seen._tag === "Pending" ? hangs : { right: true, what: seen._tag === "Done" ? "done by another" : "told" }
  },
  throwsAtLoad: {
    title: "import failure",
    job: { name: "hold", payload: 10 },
    atLoad: true,
    hopeless: true,
    judge: toldReason(/module of the jobs is broken/)
  }
} satisfies Readonly<Record<string, Trouble>> as Readonly<Record<TroubleName, Trouble>>

export type TroubleName =
  | "throws"
  | "refuses"
  | "exits"
  | "exhausts"
  | "argument"
  | "result"
  | "loops"
  | "native"
  | "diesAtLoad"
  | "throwsAtLoad"
