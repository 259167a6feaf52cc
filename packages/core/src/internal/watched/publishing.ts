/**
 * How records of stalls reach subscribers, metrics and the log: for supervision, and for its stand-in in tests.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Starvation } from "../../Starvation.ts"
import { line as safeLine } from "../safeText/safeText.ts"
import * as causes from "../stalls/causes.ts"
import * as ownNames from "../stalls/ownNames.ts"
import * as stallMetrics from "../stalls/stallMetrics.ts"
import * as stallText from "../stalls/stallText.ts"

/** Stalls that a slow subscriber may be behind. A guess: a program that makes more stalls all the time. */
export const backlog = 64

/** Records that are kept to be looked at. A guess. */
export const kept = 32

/** A finished stall as a log line. */
const describe = (stall: Starvation, suppressed: number): string => {
  const { durationMs, unobservedMs } = stall
  // a few milliseconds without a core are not worth a remark
  const doubt =
    unobservedMs > durationMs / 4 ? ` (for ${stallText.duration(unobservedMs)} of it the thread had no core)` : ""
  return `${String(stall)}${doubt}${stallText.suppressed(suppressed)}`
}

const logged = (stall: Starvation, suppressed: number): Effect.Effect<void> =>
  causes.isOfSystem(stall.cause) || ownNames.isOwn(stall.hog.name)
    ? Effect.logInfo(safeLine(describe(stall, suppressed)))
    : Effect.logWarning(safeLine(describe(stall, suppressed)))

/** Runs the program's own loggers and metrics: one that throws costs what it was given, and no later stall. */
const alone = (effect: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.catchDefect(Effect.asVoid(effect), () => Effect.void)

/** Logs a stall; `suppressed`: the number of those alike that were not logged before it. */
export const log = (stall: Starvation, suppressed: number): Effect.Effect<void> => alone(logged(stall, suppressed))

interface Publishing {
  readonly stalls: Stream.Stream<Starvation>
  /** to subscribers and metrics, and to the log, unless the stall was allowed */
  readonly publish: (stall: Starvation, logs?: boolean) => Effect.Effect<void>
}

export const make: Effect.Effect<Publishing> = Effect.map(PubSub.sliding<Starvation>(backlog), (pubsub) => ({
  stalls: Stream.fromPubSub(pubsub),
  publish: (stall, logs = false) =>
    PubSub.publish(pubsub, stall).pipe(
      Effect.andThen(alone(stallMetrics.ended(stall))),
      Effect.andThen(logs && stall.allowed === undefined ? log(stall, 0) : Effect.void)
    )
}))
