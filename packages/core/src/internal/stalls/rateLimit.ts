/**
 * How often stalls may be logged: so many a minute with the same fingerprint, and so many a minute in all. The next log with
 * that fingerprint says how many were dropped. A pure value. A fingerprint that was silent for a minute is forgotten. Names made from
 * data give ever new fingerprints: beyond a number of them all others share one limit, so the value stays small.
 */

const windowMs = 60_000

/** A stall that lasts so long is logged also while the program starts, ms. */
export const seriousMs = 1000

/**
 * How many stalls may be logged in a minute.
 *
 * @category reports
 * @since 0.1.0
 */
export interface PerMinute {
  /** of the same fingerprint */
  readonly alike: number
  /** of all */
  readonly all: number
}

/** Five alike, as in Seastar's stall reports: enough to see a pattern, few enough to read. In all, one line in two seconds. */
export const perMinute: PerMinute = { alike: 5, all: 30 }

/** Fingerprints that have a limit of their own. A guess: far more than a program has troubles, few enough to copy. */
const mostFingerprints = 100

/** No fingerprint is empty. */
const others = ""

interface Bucket {
  readonly since: number
  readonly logged: number
  readonly suppressed: number
}

/** The limits, and what was logged in the minute that runs. */
export interface RateLimit {
  readonly perMinute: PerMinute
  readonly buckets: ReadonlyMap<string, Bucket>
  readonly all: Bucket
}

const fresh = (since: number, suppressed = 0): Bucket => ({ since, logged: 0, suppressed })

/** A limit that has logged nothing yet. */
export const make = (limits: PerMinute = perMinute): RateLimit => ({
  perMinute: limits,
  buckets: new Map(),
  all: fresh(-Infinity)
})

const opened = (bucket: Bucket, now: number): Bucket =>
  now - bucket.since >= windowMs ? fresh(now, bucket.suppressed) : bucket

/** Asks to log `fingerprint` at `now` (ms). `suppressed` is how many like it were dropped since the last that was allowed. */
export const ask = (
  limit: RateLimit,
  fingerprint: string,
  now: number
): { readonly limit: RateLimit; readonly allowed: boolean; readonly suppressed: number } => {
  const live = new Map(Array.from(limit.buckets).filter(([, bucket]) => now - bucket.since < 2 * windowMs))
  const key = live.has(fingerprint) || live.size < mostFingerprints ? fingerprint : others
  const bucket = opened(live.get(key) ?? fresh(now), now)
  const all = opened(limit.all, now)
  const allowed = bucket.logged < limit.perMinute.alike && all.logged < limit.perMinute.all
  live.set(
    key,
    allowed
      ? { since: bucket.since, logged: bucket.logged + 1, suppressed: 0 }
      : { ...bucket, suppressed: bucket.suppressed + 1 }
  )
  return {
    limit: { ...limit, buckets: live, all: allowed ? { ...all, logged: all.logged + 1 } : all },
    allowed,
    suppressed: allowed ? bucket.suppressed : 0
  }
}
