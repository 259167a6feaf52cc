/**
 * How often the same thing may be said: some per minute and fingerprint, and some per minute in all; how many were swallowed
 * comes with the next of the same fingerprint that passes. A pure value; a fingerprint that was silent for a minute is
 * forgotten.
 */

const windowMs = 60_000

/** How much may be said in a minute. */
export interface PerMinute {
  /** of the same fingerprint */
  readonly alike: number
  /** of all */
  readonly all: number
}

/** As Seastar's stall reports: five a minute are enough to see a pattern, and few enough to read. In all, a line in two seconds. */
export const perMinute: PerMinute = { alike: 5, all: 30 }

interface Bucket {
  readonly since: number
  readonly said: number
  readonly suppressed: number
}

export interface RateLimit {
  readonly perMinute: PerMinute
  readonly buckets: ReadonlyMap<string, Bucket>
  readonly all: Bucket
}

const fresh = (since: number, suppressed = 0): Bucket => ({ since, said: 0, suppressed })

export const make = (limits: PerMinute = perMinute): RateLimit => ({
  perMinute: limits,
  buckets: new Map(),
  all: fresh(-Infinity)
})

const opened = (bucket: Bucket, now: number): Bucket =>
  now - bucket.since >= windowMs ? fresh(now, bucket.suppressed) : bucket

/** Asks to say `fingerprint` at `now` (ms): `suppressed` is how many like it went unsaid since the last that was allowed. */
export const ask = (
  limit: RateLimit,
  fingerprint: string,
  now: number
): { readonly limit: RateLimit; readonly allowed: boolean; readonly suppressed: number } => {
  const live = new Map(Array.from(limit.buckets).filter(([, bucket]) => now - bucket.since < 2 * windowMs))
  const bucket = opened(live.get(fingerprint) ?? fresh(now), now)
  const all = opened(limit.all, now)
  const allowed = bucket.said < limit.perMinute.alike && all.said < limit.perMinute.all
  live.set(
    fingerprint,
    allowed
      ? { since: bucket.since, said: bucket.said + 1, suppressed: 0 }
      : { ...bucket, suppressed: bucket.suppressed + 1 }
  )
  return {
    limit: { ...limit, buckets: live, all: allowed ? { ...all, said: all.said + 1 } : all },
    allowed,
    suppressed: allowed ? bucket.suppressed : 0
  }
}
