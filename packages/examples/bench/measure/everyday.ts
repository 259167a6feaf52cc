/**
 * A little of everything that a service does with Effect. Compiled code is specialised for what it has met: a process that
 * has only ever given way runs a yield faster than any service does, and what is measured against that is blamed for more
 * than it costs. So the sides of a comparison run this first, both.
 */
import { Cause, Deferred, Effect, Exit, Fiber, Latch, Queue, Ref, Schema, Semaphore, Stream } from "effect"

class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {}

const waits = Effect.gen(function* () {
  const deferred = yield* Deferred.make<number>()
  const queue = yield* Queue.bounded<number>(1)
  const latch = yield* Latch.make()
  const semaphore = yield* Semaphore.make(1)
  const waiting = yield* Effect.forEach(
    [
      Deferred.await(deferred),
      Effect.flatMap(Queue.take(queue), () => Queue.take(queue)),
      latch.await,
      Semaphore.withPermit(semaphore, Effect.sleep(1)),
      Semaphore.withPermit(
        semaphore,
        Effect.promise(() => Promise.resolve(1))
      ),
      Effect.race(Effect.never, Effect.sleep(1)),
      Effect.callback<number>((resume) => {
        queueMicrotask(() => resume(Effect.succeed(1)))
      })
    ],
    (effect) => Effect.forkChild(effect as Effect.Effect<unknown>)
  )
  const interrupted = yield* Effect.forkChild(Effect.onInterrupt(Effect.never, () => Effect.void))
  yield* Effect.yieldNow
  yield* Deferred.succeed(deferred, 1)
  yield* Queue.offerAll(queue, [1, 2])
  yield* latch.open
  yield* Fiber.interrupt(interrupted)
  yield* Fiber.awaitAll(waiting)
})

const computes = Effect.gen(function* () {
  const ref = yield* Ref.make(0)
  yield* Effect.forEach([1, 2, 3], (n) => Ref.update(ref, (sum) => sum + n), { concurrency: 2 })
  const exit = yield* Effect.exit(Effect.fail(new Refused({ why: "no" })))
  if (Exit.isSuccess(exit) || !Cause.hasFails(exit.cause)) throw new Error("it was to fail")
  yield* Effect.catchTag(Effect.fail(new Refused({ why: "no" })), "Refused", () => Effect.void)
  yield* Effect.acquireUseRelease(Effect.succeed(1), Effect.succeed, () => Effect.void)
  yield* Effect.scoped(Effect.acquireRelease(Effect.void, () => Effect.void))
  yield* Effect.tryPromise(() => Promise.resolve(1))
  yield* Effect.timeoutOption(Effect.sleep(1), "1 second")
  yield* Effect.uninterruptibleMask((restore) => restore(Effect.void))
  yield* Effect.ignore(Effect.die("a defect").pipe(Effect.sandbox))
})

const streams = Effect.gen(function* () {
  yield* Stream.range(1, 50).pipe(Stream.map(String), Stream.rechunk(7), Stream.runCollect)
})

/** Runs it often enough that the code is compiled for it. */
export const everyday = Effect.forEach(
  Array.from({ length: 300 }),
  () => Effect.all([waits, computes, streams], { concurrency: 3 }),
  { concurrency: 10, discard: true }
).pipe(Effect.orDie, Effect.withSpan("everyday"))
