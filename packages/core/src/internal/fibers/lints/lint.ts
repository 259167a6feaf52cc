/**
 * The contract of a lint: it looks at a snapshot and finds a mistake, or a likely one, before it becomes a stall.
 *
 * Each lint stands in a file of its own: `check` finds, `format` names the finding in a sentence, `fix` says what to do, `summary`
 * describes the mistake. All are pure, so that they run on a dump from any process.
 */
import { line } from "../../safeText/safeText.ts"
import type { Provided } from "../../stalls/stallText.ts"
import type { FiberInfo, LostFiber } from "../fiberInfo.ts"

/** The facts of a recorded stall that a lint reads. */
export interface SeenStall {
  readonly cause: string
  readonly hog: { readonly name: string | undefined }
  /** milliseconds since the epoch */
  readonly startedAt: number
  readonly durationMs: number
  readonly slices: number
  /** which parts of Giveway the thread had, if that is known */
  readonly provided?: Provided | undefined
  /** the reason given to `Supervision.allowBlocking`, if the stall was allowed */
  readonly allowed: string | undefined
}

/** The snapshot that lints look at. */
export interface Seen {
  /** milliseconds since the epoch */
  readonly takenAt: number
  readonly fibers: ReadonlyArray<FiberInfo>
  /** the last stalls */
  readonly stalls: ReadonlyArray<SeenStall>
  /** fibers that became garbage while they waited */
  readonly lost: ReadonlyArray<LostFiber>
  /** fibers after this id may be missing in the snapshot; `undefined` if none is */
  readonly after?: number | undefined
}

export interface Lint<Found> {
  readonly name: string
  readonly summary: string
  readonly check: (seen: Seen) => ReadonlyArray<Found>
  readonly format: (found: Found, seen: Seen) => string
  readonly fix: (found: Found) => string
  readonly fibers: (found: Found) => ReadonlyArray<number>
}

/** "`GET /photo` #12" */
export const title = ({ id, name }: { readonly id: number; readonly name: string | undefined }): string =>
  name === undefined ? `#${id}` : `\`${line(name)}\` #${id}`
