/**
 * What is said between an experiment and the load generator, which runs in a process of its own: one plan in (its
 * argument), lines of JSON out. The generator imports these types only, so it carries no Effect.
 */
import { Schema } from "effect"

/** What to do to the service. Times in ms. */
export const LoadPlan = Schema.Struct({
  host: Schema.String,
  port: Schema.Int,
  /** light requests a second, on a fixed schedule whether the service answers or not (an open loop) */
  lightPerSecond: Schema.Number,
  lightPath: Schema.String,
  /** keep-alive connections for them; more than ever wait, so that none waits for a connection */
  lightConnections: Schema.Int,
  /** connections that ask for the next thumbnail as soon as they have one (a closed loop); 0 for none */
  heavyConnections: Schema.Int,
  heavyPaths: Schema.Array(Schema.String),
  /** heavy requests a second on a fixed schedule, besides those of the connections; 0 for none */
  heavyPerSecond: Schema.Number,
  statsPath: Schema.String,
  /** load that is not measured, before the window */
  warmupMs: Schema.Number,
  /** the measured window */
  measureMs: Schema.Number,
  /** how long to wait for the last answers after it */
  drainMs: Schema.Number
})
export type LoadPlan = typeof LoadPlan.Type

/** Twice a second: how it goes. */
export const LoadProgress = Schema.TaggedStruct("Progress", {
  phase: Schema.Literals(["warm-up", "measuring", "draining"]),
  leftMs: Schema.Number,
  lightWaiting: Schema.Int,
  heavyDone: Schema.Int
})

/** Latencies in ms. `null` when nothing was answered. */
export const Latencies = Schema.Struct({
  p50Ms: Schema.NullOr(Schema.Number),
  p99Ms: Schema.NullOr(Schema.Number),
  maxMs: Schema.NullOr(Schema.Number)
})

/** Once, at the end. Percentages are of all cores. */
export const LoadResult = Schema.TaggedStruct("Result", {
  light: Schema.Struct({
    ...Latencies.fields,
    scheduled: Schema.Int,
    failed: Schema.Int,
    /** still without an answer after `drainMs`; their waiting so far is in the latencies */
    unanswered: Schema.Int,
    /** how late the generator itself was, p99: what it adds to the latencies */
    sentLateP99Ms: Schema.NullOr(Schema.Number),
    /** the first error, in words */
    firstError: Schema.NullOr(Schema.String)
  }),
  heavy: Schema.Struct({
    ...Latencies.fields,
    done: Schema.Int,
    failed: Schema.Int,
    perSecond: Schema.Number,
    firstError: Schema.NullOr(Schema.String)
  }),
  cpu: Schema.Struct({
    /** everything that runs on this machine */
    allPercent: Schema.Number,
    /** the service's process, all its threads; `null` if it did not answer any more */
    servicePercent: Schema.NullOr(Schema.Number),
    /** the load generator */
    generatorPercent: Schema.Number
  })
})
export type LoadResult = typeof LoadResult.Type

/** A line of the generator's output. */
export const LoadLine = Schema.fromJsonString(Schema.Union([LoadProgress, LoadResult]))
export type LoadLine = typeof LoadLine.Type
