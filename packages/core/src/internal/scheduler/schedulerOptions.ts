/**
 * The options of `FairScheduler`, read and put to use. They stand apart from the public module, whose `layerConfig` loads
 * `effect/Config`: each worker makes a scheduler, and would start 8 ms later for it.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scheduler from "effect/Scheduler"
import { InvalidOption } from "../../InvalidOption.ts"
import { duration } from "../options/duration.ts"
import { fields, read } from "../options/fields.ts"
import type { Readers } from "../options/fields.ts"
import { accepting, optional, or } from "../options/reader.ts"
import * as eventLoop from "./eventLoop.ts"
import { FairScheduler } from "./scheduler.ts"

/**
 * What `FairScheduler.make` and `FairScheduler.layer` take.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * How long fibers may hold the event loop in one round, default 2 ms. A round takes at most one and a half times as
   * long, and two slices, plus one operation.
   */
  readonly turn?: Duration.Input | undefined
  /** How long a fiber runs while others are ready, at most `turn`, default 1 ms. */
  readonly slice?: Duration.Input | undefined
}

/**
 * 2 ms: with the slice that runs when it ends, a round of the loop mostly stays at 3 ms, and a timer below 5. The round itself (20 to
 * 50 µs after as much computing, see docs/decisions/0010) is up to 2.5 % of it.
 */
const defaultTurn = 2

/** 1 ms: a switch of fibers (about 0.4 µs) is less than 0.1 % of it. Two or three fibers get to run in each turn. */
const defaultSlice = 1

const of = "FairScheduler"

const table = {
  turn: or(duration({ positive: true, suchAs: "3 millis" }), defaultTurn),
  slice: optional(duration({ positive: true, suchAs: "1 millis" }))
} satisfies Readers<Options>

const readOptions = fields(table)

/** In ms. */
export const resolve = (options: Options | undefined): Result.Result<Times, InvalidOption> =>
  Result.flatMap(read(readOptions, of, options), bounded)

interface Times {
  readonly turn: number
  readonly slice: number
}

const bounded = ({
  slice,
  turn
}: {
  readonly turn: number
  readonly slice: number | undefined
}): Result.Result<Times, InvalidOption> =>
  slice !== undefined && slice > turn
    ? Result.fail(
        new InvalidOption({ of, option: "slice", value: slice, expected: `at most turn, which is ${turn} ms` })
      )
    : Result.succeed({ turn, slice: slice ?? Math.min(defaultSlice, turn) })

/** The insides of a scheduler that only a worker sets. */
interface Insides {
  readonly attention?: (() => void) | undefined
  /** takes the place of `EventLoop.afterPoll` */
  readonly afterPoll?: ((f: () => void) => void) | undefined
}

const aFunction = <F>() => optional(accepting<F>("a function", (value) => typeof value === "function"))

const readInsides = fields({
  ...table,
  attention: aFunction<() => void>(),
  afterPoll: aFunction<(f: () => void) => void>()
} satisfies Readers<Options & Insides>)

/** What `FairScheduler.make` does. */
export const make = (options?: Options & Insides): FairScheduler => {
  const { afterPoll, attention, slice, turn } = Result.getOrThrow(read(readInsides, of, options))
  const times = Result.getOrThrow(bounded({ slice, turn }))
  return new FairScheduler(times.turn, times.slice, attention, afterPoll && { ...eventLoop.make(), afterPoll })
}

/** What `FairScheduler.layer` does. */
export const layer = (options?: Options): Layer.Layer<never, InvalidOption> =>
  Layer.effect(Scheduler.Scheduler)(
    Effect.map(Effect.fromResult(resolve(options)), ({ slice, turn }) => new FairScheduler(turn, slice))
  )

/** `program`, with its first turn from now on: the start of its services is none of its time. */
export const begin = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.service(Scheduler.Scheduler), (scheduler) => {
    if (scheduler instanceof FairScheduler) scheduler.beginProgram()
    return program
  })
