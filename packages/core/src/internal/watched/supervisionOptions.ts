/**
 * The options of `Supervision.layer`, which are options of its platform's layer too.
 *
 * The result is a set of options again, with durations in ms, so a platform that has read them can hand them on.
 */
import { perMinute } from "../stalls/rateLimit.ts"
import { duration } from "../options/duration.ts"
import { fields } from "../options/fields.ts"
import { boolean, or, wholeNumber } from "../options/reader.ts"

/** With a lower threshold the jitter of a busy machine would be reported. */
const leastThresholdMs = 10

/**
 * A reader for each option.
 *
 * @category options
 * @since 0.1.0
 */
export const table = {
  threshold: or(duration({ from: leastThresholdMs, suchAs: "50 millis" }), 50),
  logs: or(boolean, true),
  grace: or(duration({ suchAs: "10 seconds" }), 10_000),
  perMinute: fields({
    alike: or(wholeNumber(0), perMinute.alike),
    all: or(wholeNumber(0), perMinute.all)
  })
}
