/**
 * What a lint is: it looks at a snapshot and finds what is no stall yet, and mostly a mistake.
 *
 * Each stands in a file of its own: `check` finds, `format` says what was found of whom, `fix` what to do, `summary` what it looks
 * for. All are pure, so that they run on a dump from anywhere.
 */
import type { FiberInfo } from "../../../FiberDump.ts"
import type { Starvation } from "../../../Starvation.ts"

/** A fiber that was garbage while it waited: nobody could wake it any more. */
export interface LostFiber {
  readonly id: number
  readonly name: string | undefined
  readonly parentId: number | undefined
  /** since when it waited, milliseconds since the epoch */
  readonly since: number
}

/** What lints look at. */
export interface Seen {
  readonly takenAt: number
  readonly fibers: ReadonlyArray<FiberInfo>
  readonly stalls: ReadonlyArray<Starvation>
  readonly lost: ReadonlyArray<LostFiber>
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
  name === undefined ? `#${id}` : `\`${name}\` #${id}`
