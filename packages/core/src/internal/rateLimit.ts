/**
 * How often the same thing may be said: some per minute and fingerprint, and how many were swallowed with the next one
 * that passes. A pure value; a fingerprint that was silent for a minute is forgotten.
 */

const windowMs = 60_000

/** As Seastar's stall reports: five a minute are enough to see a pattern, and few enough to read. */
export const perMinute = 5

interface Bucket {
  readonly since: number
  readonly said: number
  readonly suppressed: number
}

export type RateLimit = ReadonlyMap<string, Bucket>

export const empty: RateLimit = new Map()

/** Asks to say `fingerprint` at `now` (ms): `suppressed` is how many went unsaid since the last that was allowed. */
export const ask = (
  limit: RateLimit,
  fingerprint: string,
  now: number
): { readonly limit: RateLimit; readonly allowed: boolean; readonly suppressed: number } => {
  const live = new Map(Array.from(limit).filter(([, bucket]) => now - bucket.since < 2 * windowMs))
  const known = live.get(fingerprint)
  const bucket =
    known === undefined || now - known.since >= windowMs
      ? { since: now, said: 0, suppressed: known?.suppressed ?? 0 }
      : known
  const allowed = bucket.said < perMinute
  live.set(
    fingerprint,
    allowed
      ? { since: bucket.since, said: bucket.said + 1, suppressed: 0 }
      : { ...bucket, suppressed: bucket.suppressed + 1 }
  )
  return { limit: live, allowed, suppressed: allowed ? bucket.suppressed : 0 }
}
