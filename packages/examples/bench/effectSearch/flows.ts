/**
 * Trials of the operators that start fibers of their own: races, timeouts, traversals, and those that merge streams.
 */
import { Interleavings } from "@giveway/core/testing"
import { Effect, Exit, Fiber, Queue, Schedule, Stream } from "effect"
import type { Trial } from "./trial.ts"
import { cutShort, expect, resource, step, trial } from "./trial.ts"

const slow = <A>(value: A) => Effect.andThen(Effect.yieldNow, Effect.succeed(value))

/** A stream of two numbers, with a resource that must be closed. */
const source = Effect.map(resource, ({ acquire }) =>
  Stream.unwrap(Effect.as(acquire, Stream.mapEffect(Stream.make(1, 2), slow)))
)

/** The stream that `combine` makes of two sources has so many elements. */
const flow = (
  name: string,
  elements: number,
  combine: (a: Stream.Stream<number>, b: Stream.Stream<number>) => Stream.Stream<unknown>
) =>
  trial(
    "Stream",
    name,
    Effect.gen(function* () {
      const got = yield* Stream.runCollect(combine(yield* source, yield* source))
      yield* expect(got.length === elements, `${got.length} of ${elements} elements`)
    })
  )

/** All is closed after the stream was interrupted. */
const cut = (name: string, combine: (a: Stream.Stream<number>, b: Stream.Stream<number>) => Stream.Stream<unknown>) =>
  trial(
    "Stream",
    `${name}, interrupted`,
    Effect.gen(function* () {
      yield* cutShort(Stream.runDrain(combine(yield* source, yield* source)))
    })
  )

const merge = (a: Stream.Stream<number>, b: Stream.Stream<number>) => Stream.merge(a, b)
const zip = (a: Stream.Stream<number>, b: Stream.Stream<number>) => Stream.zip(a, b)
const flatMap = (a: Stream.Stream<number>, b: Stream.Stream<number>) => Stream.flatMap(a, () => b, { concurrency: 2 })
const buffer = (a: Stream.Stream<number>, b: Stream.Stream<number>) =>
  Stream.concat(Stream.buffer(a, { capacity: 1 }), Stream.buffer(b, { capacity: 1 }))
const mapEffect = (a: Stream.Stream<number>, b: Stream.Stream<number>) =>
  Stream.mapEffect(Stream.concat(a, b), slow, { concurrency: 2 })

export const flows: ReadonlyArray<Trial> = [
  flow("merge", 4, merge),
  cut("merge", merge),
  flow("zip", 2, zip),
  cut("zip", zip),
  flow("flatMap of two at once", 4, flatMap),
  cut("flatMap of two at once", flatMap),
  flow("buffer", 4, buffer),
  cut("buffer", buffer),
  flow("mapEffect of two at once", 4, mapEffect),
  cut("mapEffect of two at once", mapEffect),
  cut("switchMap", (a, b) => Stream.switchMap(a, () => b)),
  cut("zipLatest", (a, b) => Stream.zipLatest(a, b)),
  cut("groupedWithin", (a, b) => Stream.groupedWithin(Stream.merge(a, b), 2, "1 second")),
  cut("debounce", (a, b) => Stream.debounce(Stream.merge(a, b), "1 second")),
  trial(
    "Stream",
    "broadcast to two",
    Effect.gen(function* () {
      const shared = yield* Stream.broadcast(yield* source, { capacity: 1 })
      yield* cutShort(Stream.runDrain(shared))
    })
  ),
  trial(
    "Stream",
    "toQueue, whose scope ends early",
    Effect.gen(function* () {
      const queue = yield* Stream.toQueue(yield* source, { capacity: 1 })
      yield* Queue.take(queue)
    })
  ),
  trial(
    "Stream",
    "interruptWhen",
    Effect.gen(function* () {
      const stream = yield* source
      yield* Stream.runDrain(Stream.interruptWhen(stream, slow(0)))
    })
  ),
  trial(
    "Effect.race",
    "who loses closes its resource",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const use = Effect.scoped(Effect.andThen(acquire, slow(1)))
      yield* Effect.race(use, use)
      yield* expect(count.open === 0, "it is open after the race")
    })
  ),
  trial(
    "Effect.race",
    "raceFirst, interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const use = Effect.scoped(Effect.andThen(acquire, Effect.never))
      yield* cutShort(Effect.raceFirst(use, use))
    })
  ),
  trial(
    "Effect.timeout",
    "a result that is due with the timeout",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const use = Effect.scoped(Effect.andThen(acquire, Effect.sleep(10)))
      yield* Effect.timeoutOption(use, 10)
      yield* expect(count.open === 0, "it is open after the timeout")
    })
  ),
  trial(
    "Effect.all",
    "one fails, the others are closed",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const use = Effect.scoped(Effect.andThen(acquire, slow(1)))
      const exit = yield* Effect.exit(
        Effect.all([use, Effect.andThen(step, Effect.fail("no")), use], { concurrency: 2 })
      )
      yield* expect(Exit.isFailure(exit) && count.open === 0, "it is open after the failure")
    })
  ),
  trial(
    "Effect.forEach",
    "bounded, interrupted",
    Effect.gen(function* () {
      let active = 0
      let most = 0
      yield* Interleavings.atEnd("two at most, and none is left", () => active === 0 && most <= 2)
      const begin = Effect.sync(() => (most = Math.max(most, ++active)))
      const body = Effect.acquireUseRelease(
        begin,
        () => Effect.yieldNow,
        () => Effect.sync(() => active--)
      )
      yield* cutShort(Effect.forEach([1, 2, 3], () => body, { concurrency: 2 }))
    })
  ),
  trial(
    "Schedule",
    "a repetition that is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const use = Effect.scoped(Effect.andThen(acquire, step))
      const fiber = yield* Effect.forkChild(Effect.repeat(use, Schedule.spaced("1 second")))
      yield* Effect.sleep("3 seconds")
      yield* Fiber.interrupt(fiber)
    })
  )
]
