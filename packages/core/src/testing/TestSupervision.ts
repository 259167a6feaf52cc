/**
 * Supervision from a script: the answer of a program to starvation, tested without any. A program that sheds load, alarms or restarts
 * something subscribes to `Supervision.starvation`; here the stalls come from a list, or from the test, at times of the test's clock.
 *
 * A scripted stall is a record and no hold: the other fibers run on meanwhile. `Stall.expectNone` is for the reverse, a program that must not
 * make any.
 *
 * **Invariant.** What a subscriber sees is what production shows: records come when the stall is over, `recent` keeps the last 32, and
 * metrics and log lines are those of production.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { FiberDump } from "../FiberDump.ts"
import type { FiberInfo } from "../FiberDump.ts"
import type { InvalidOption } from "../InvalidOption.ts"
import * as options from "../internal/options/options.ts"
import * as causes from "../internal/stalls/causes.ts"
import { check } from "../internal/watched/judging.ts"
import * as publishing from "../internal/watched/publishing.ts"
import type * as Starvation from "../Starvation.ts"
import { Hog, Parts, Place, Starvation as Record, Victims } from "../Starvation.ts"
import { Supervision } from "../Supervision.ts"
import type { Usage } from "../Supervision.ts"

/**
 * A stall, as a script tells it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stall {
  /** How long the loop could not turn. */
  readonly duration: Duration.Input
  /** Default `slice`: a fiber computed on and on. */
  readonly cause?: Starvation.Cause | undefined
  /** The span or `Effect.fn` that held the loop. */
  readonly name?: string | undefined
  readonly fiberId?: number | undefined
  /** The line that held the loop. */
  readonly place?: { readonly file: string; readonly line: number; readonly function?: string | undefined } | undefined
  /** Fibers that were ready and waited for their slice. Default 0. */
  readonly waiting?: number | undefined
  /** Sleeping fibers whose timer was overdue. Default 0. */
  readonly overdueTimers?: number | undefined
  /** The reason, if the fiber was allowed to hold the loop (`Supervision.allowBlocking`). */
  readonly allowed?: string | undefined
}

/**
 * A stall of a script, with its time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Scripted extends Stall {
  /** When it begins, from when the layer is built. It is published when it is over, its `duration` later. */
  readonly after: Duration.Input
}

/**
 * Options of {@link layer}. Without any, nothing happens but what {@link stall} makes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The stalls to come, in any order. */
  readonly stalls?: ReadonlyArray<Scripted> | undefined
  /** The live fibers, for dumps and lints. Default: none. */
  readonly fibers?: ReadonlyArray<FiberInfo> | undefined
  /** Where the time has gone, by name. Default: nowhere. */
  readonly usage?: ReadonlyArray<Usage> | undefined
  /** Whether stalls are logged, as production does. Default `false`. */
  readonly logs?: boolean | undefined
}

/**
 * Makes stalls while a test runs; {@link layer} provides it beside `Supervision`. Use {@link stall}.
 *
 * @category services
 * @since 0.1.0
 */
export class TestSupervision extends Context.Service<
  TestSupervision,
  {
    /** Publishes a stall that is over now. */
    readonly stall: (stall: Stall) => Effect.Effect<Starvation.Starvation, InvalidOption>
  }
>()("@giveway/core/testing/TestSupervision") {}

const count = options.or(options.wholeNumber(0), 0)

const stallTable = {
  duration: options.duration({ positive: true, suchAs: "200 millis" }),
  cause: options.or(options.literal(...causes.names), "slice"),
  name: options.optional(options.text),
  fiberId: options.optional(options.wholeNumber(0)),
  place: options.optional(
    options.fields({
      file: options.text,
      line: options.wholeNumber(1),
      function: options.optional(options.text)
    } satisfies options.Readers<NonNullable<Stall["place"]>>)
  ),
  waiting: count,
  overdueTimers: count,
  allowed: options.optional(options.text)
} satisfies options.Readers<Stall>

const readStall = options.fields(stallTable)

const readScripted = options.fields({
  ...stallTable,
  after: options.duration({ suchAs: "10 seconds" })
} satisfies options.Readers<Scripted>)

const readOptions = options.fields({
  stalls: options.or(options.array("an array of stalls", readScripted), []),
  fibers: options.or(options.accepting<ReadonlyArray<FiberInfo>>("an array of FiberInfo", Array.isArray), []),
  usage: options.or(options.accepting<ReadonlyArray<Usage>>("an array of Usage", Array.isArray), []),
  logs: options.or(options.boolean, false)
} satisfies options.Readers<Options>)

type ReadStall = Result.Result.Success<ReturnType<typeof readStall>>

const noParts = new Parts({ gcMs: 0, systemMs: 0, blockedMs: 0, noCoreMs: 0, stoppedMs: 0 })

/** The record of the stall with number `id` that is over at `endedAt`, ms. */
const recordOf = (stall: ReadStall, id: number, endedAt: number): Starvation.Starvation => {
  const { allowed, cause, duration: durationMs, fiberId, name, overdueTimers, place, waiting } = stall
  const isOfSystem = causes.isOfSystem(cause)
  return new Record({
    id,
    startedAt: endedAt - durationMs,
    durationMs,
    cause,
    hog: new Hog({
      fiberId,
      name,
      place: place && new Place({ file: place.file, line: place.line, function: place.function }),
      stack: undefined,
      late: false,
      whole: undefined
    }),
    shares: [],
    victims: new Victims({
      ready: waiting,
      longestWaitMs: waiting === 0 ? 0 : durationMs,
      overdueTimers,
      longestLateMs: overdueTimers === 0 ? 0 : durationMs,
      deadlines: 0,
      fibers: []
    }),
    parts: noParts,
    allowed,
    slices: 1,
    samples: place === undefined ? 0 : 1,
    live: false,
    unobservedMs: isOfSystem ? durationMs : 0
  })
}

/**
 * Provides `Supervision` from a script, and {@link TestSupervision}. Times are those of the `Clock`: of `TestClock`, of `TestScheduler`, or
 * real ones.
 *
 * **When to use**: in a test of code that listens to `Supervision`: it sheds load, alarms, or ends a job.
 *
 * **Errors**: `InvalidOption`, which names the stall and its field.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { TestScheduler, TestSupervision } from "@giveway/core/testing"
 * import { Effect, Stream } from "effect"
 *
 * const alarm = Effect.gen(function* () {
 *   const { starvation } = yield* Supervision.Supervision
 *   const grave = Stream.filter(starvation, ({ durationMs }) => durationMs > 1000)
 *   return yield* Stream.runHead(grave)
 * })
 * const script = TestSupervision.layer({
 *   stalls: [
 *     { after: "1 minute", duration: "80 millis" },
 *     { after: "1 hour", duration: "2 seconds", name: "report" }
 *   ]
 * })
 * const { elapsed, exit } = await Effect.runPromise(TestScheduler.run(Effect.provide(alarm, script)))
 * console.log(exit._tag, String(elapsed)) // Success 1h 2s
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (given: Options = {}): Layer.Layer<Supervision | TestSupervision, InvalidOption> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { fibers, logs, stalls, usage } = yield* Effect.fromResult(
        options.read(readOptions, "TestSupervision", given)
      )
      const published = yield* publishing.make
      let recent: ReadonlyArray<Starvation.Starvation> = []
      let [count, excused] = [0, 0]
      const publish = (stall: ReadStall): Effect.Effect<Starvation.Starvation> =>
        Effect.flatMap(Clock.currentTimeMillis, (endedAt) => {
          const record = recordOf(stall, ++count, endedAt)
          if (causes.isOfSystem(record.cause)) excused++
          recent = [...recent, record].slice(-publishing.kept)
          return Effect.as(published.publish(record, logs), record)
        })
      yield* Effect.forEach(
        stalls,
        (stall) => Effect.forkScoped(Effect.delay(publish(stall), stall.after + stall.duration)),
        { discard: true }
      )
      const dump = Effect.map(Clock.currentTimeMillis, (takenAt) => new FiberDump({ takenAt, fibers }))
      return Context.make(Supervision, {
        fibers: Effect.succeed(fibers),
        dump,
        starvation: published.stalls,
        recent: Effect.sync(() => recent),
        usage: Effect.succeed(usage),
        lints: Effect.map(Clock.currentTimeMillis, (takenAt) => check({ takenAt, fibers, stalls: recent, lost: [] })),
        statistics: Effect.sync(() => ({
          liveFibers: fibers.length,
          slices: 0,
          selfMs: 0,
          stalls: count,
          excused,
          hooked: true,
          slicesEndBy: undefined
        }))
      }).pipe(
        Context.add(TestSupervision, {
          stall: (stall) =>
            Effect.flatMap(Effect.fromResult(options.read(readStall, "TestSupervision.stall", stall)), publish)
        })
      )
    })
  )

/**
 * Publishes a stall that is over now, and returns its record.
 *
 * **Errors**: `InvalidOption`, which names the field.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { TestSupervision } from "@giveway/core/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* TestSupervision.stall({ duration: "120 millis", name: "resize" })
 *   const { recent } = yield* Supervision.Supervision
 *   return String((yield* recent)[0])
 * })
 * console.log(await Effect.runPromise(Effect.provide(program, TestSupervision.layer())))
 * // `resize` held the loop for 120 ms: run it with Compute.run, or mark it Pure
 * ```
 *
 * @category scripting
 * @since 0.1.0
 */
export const stall = (stall: Stall): Effect.Effect<Starvation.Starvation, InvalidOption, TestSupervision> =>
  Effect.flatMap(Effect.service(TestSupervision), (service) => service.stall(stall))
