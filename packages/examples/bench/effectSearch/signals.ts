/**
 * Trials of the modules by which fibers wait for each other: locks, queues, latches, and the collections of fibers.
 */
import { Interleavings } from "@giveway/core/testing"
import {
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberHandle,
  FiberMap,
  FiberSet,
  Latch,
  Option,
  PartitionedSemaphore,
  PubSub,
  Queue,
  Semaphore,
  Stream,
  SubscriptionRef,
  SynchronizedRef,
  TxQueue,
  TxReentrantLock,
  TxRef,
  TxSemaphore
} from "effect"
import type { Trial } from "./trial.ts"
import { cutShort, expect, step, together, trial } from "./trial.ts"

export const signals: ReadonlyArray<Trial> = [
  trial(
    "Semaphore",
    "permits of three, of which one is interrupted",
    Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(2)
      const probe = semaphore.withPermitsIfAvailable(2)(Effect.void)
      yield* Interleavings.atEnd("the permits are back", () => Option.isSome(Effect.runSync(probe)))
      const use = semaphore.withPermits(1)(step)
      yield* Effect.forkChild(semaphore.withPermits(2)(step))
      yield* cutShort(use)
      yield* together(use, use)
    })
  ),
  trial(
    "Semaphore",
    "a large request among small ones",
    Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(2)
      const small = semaphore.withPermits(1)(step)
      yield* together(small, semaphore.withPermits(2)(step), small)
    })
  ),
  trial(
    "PartitionedSemaphore",
    "one that is interrupted",
    Effect.gen(function* () {
      const semaphore = yield* PartitionedSemaphore.make<string>({ permits: 1 })
      const available = PartitionedSemaphore.available(semaphore)
      yield* Interleavings.atEnd("the permit is back", () => Effect.runSync(available) === 1)
      yield* cutShort(PartitionedSemaphore.withPermits(semaphore, "key", 1)(step))
    })
  ),
  trial(
    "PartitionedSemaphore",
    "partitions that wait",
    Effect.gen(function* () {
      const semaphore = yield* PartitionedSemaphore.make<string>({ permits: 2 })
      const use = (key: string, permits: number) => PartitionedSemaphore.withPermits(semaphore, key, permits)(step)
      yield* together(use("a", 2), use("b", 1), use("a", 2))
    })
  ),
  trial(
    "Latch",
    "opened, closed and released",
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      yield* together(latch.await, latch.await, Effect.andThen(latch.open, Effect.andThen(latch.close, latch.open)))
    })
  ),
  trial(
    "Deferred",
    "two waiters, of which one is interrupted, and two completions",
    Effect.gen(function* () {
      const deferred = yield* Deferred.make<number>()
      const other = yield* Effect.forkChild(Deferred.await(deferred))
      const waits = yield* Effect.forkChild(cutShort(Deferred.await(deferred)))
      yield* together(Deferred.succeed(deferred, 1), Deferred.succeed(deferred, 2))
      yield* Fiber.join(other)
      yield* Fiber.await(waits)
    })
  ),
  trial(
    "Queue",
    "bounded: no message is lost when an offer is interrupted",
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(1)
      const offered: Array<number> = []
      const offer = (n: number) =>
        Effect.flatMap(Queue.offer(queue, n), (ok) => Effect.sync(() => ok && offered.push(n)))
      const producers = Effect.andThen(offer(1), offer(2))
      const producer = yield* Effect.forkChild(producers)
      yield* cutShort(offer(3))
      const got = [yield* Queue.take(queue), yield* Queue.take(queue)]
      yield* Fiber.await(producer)
      yield* expect(offered.length <= 3 && got.length === 2, "more than was offered")
    })
  ),
  trial(
    "Queue",
    "bounded of nothing: takes and offers meet",
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(0)
      const takes = Effect.andThen(Queue.take(queue), Queue.take(queue))
      yield* together(Queue.offer(queue, 1), takes, Queue.offer(queue, 2))
    })
  ),
  trial(
    "Queue",
    "a take that is interrupted leaves the message to the next",
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number>()
      const first = yield* Effect.forkChild(Queue.take(queue))
      const second = yield* Effect.forkChild(Queue.take(queue))
      const producer = yield* Effect.forkChild(Queue.offer(queue, 1))
      yield* Fiber.interrupt(first)
      yield* Fiber.await(producer)
      const exit = yield* Fiber.await(first)
      // one of the two got it; the first one only if it was faster than its interruption
      if (Exit.isSuccess(exit)) yield* Fiber.interrupt(second)
      else yield* Fiber.await(second)
    })
  ),
  trial(
    "Queue",
    "ended while it is taken from: all messages come",
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number, any>(1)
      const got: Array<number> = []
      const consumer = yield* Effect.forkChild(
        Effect.exit(Effect.forever(Effect.flatMap(Queue.take(queue), (n) => Effect.sync(() => got.push(n)))))
      )
      yield* Queue.offer(queue, 1)
      yield* Queue.offer(queue, 2)
      yield* Queue.end(queue)
      yield* Fiber.await(consumer)
      yield* expect(got.length === 2, `${got.length} of 2 messages came`)
    })
  ),
  trial(
    "Queue",
    "takeAll and takeBetween among takes",
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(2)
      const got = { count: 0 }
      const count = (n: number) => Effect.sync(() => void (got.count += n))
      const all = Effect.flatMap(Queue.takeAll(queue), (items) => count(items.length))
      const some = Effect.flatMap(Queue.takeBetween(queue, 1, 2), (items) => count(items.length))
      const consumers = [yield* Effect.forkChild(Effect.forever(all)), yield* Effect.forkChild(Effect.forever(some))]
      for (let n = 0; n < 4; n++) yield* Queue.offer(queue, n)
      while (got.count < 4) yield* Effect.sleep(1)
      for (const consumer of consumers) yield* Fiber.interrupt(consumer)
    })
  ),
  trial(
    "PubSub",
    "bounded: each subscriber gets each message",
    Effect.gen(function* () {
      const pubsub = yield* PubSub.bounded<number>(1)
      const ready = yield* Latch.make(false)
      let subscribed = 0
      const subscriber = Effect.scoped(
        Effect.gen(function* () {
          const subscription = yield* PubSub.subscribe(pubsub)
          if (++subscribed === 2) yield* ready.open
          const got = [yield* PubSub.take(subscription), yield* PubSub.take(subscription)]
          yield* expect(got.join() === "1,2", `got ${got.join()}`)
        })
      )
      const publisher = Effect.andThen(
        ready.await,
        Effect.andThen(PubSub.publish(pubsub, 1), PubSub.publish(pubsub, 2))
      )
      const subscribers = [yield* Effect.forkChild(subscriber), yield* Effect.forkChild(subscriber)]
      yield* publisher
      for (const fiber of subscribers) yield* Fiber.join(fiber)
    })
  ),
  trial(
    "PubSub",
    "a subscriber that leaves while a publisher waits",
    Effect.gen(function* () {
      const pubsub = yield* PubSub.bounded<number>(1)
      const leaver = Effect.scoped(Effect.andThen(PubSub.subscribe(pubsub), step))
      const publish = Effect.andThen(PubSub.publish(pubsub, 1), PubSub.publish(pubsub, 2))
      yield* together(leaver, publish)
    })
  ),
  trial(
    "PubSub",
    "a subscriber that is interrupted, and a shutdown",
    Effect.gen(function* () {
      const pubsub = yield* PubSub.unbounded<number>()
      const take = Effect.scoped(Effect.flatMap(PubSub.subscribe(pubsub), PubSub.take))
      const other = yield* Effect.forkChild(Effect.exit(take))
      yield* cutShort(take)
      yield* PubSub.publish(pubsub, 1)
      yield* PubSub.shutdown(pubsub)
      yield* Fiber.interrupt(other)
    })
  ),
  trial(
    "SubscriptionRef",
    "who listens sees the last value",
    Effect.gen(function* () {
      const ref = yield* SubscriptionRef.make(0)
      const seen: Array<number> = []
      const changes = SubscriptionRef.changes(ref)
      const listen = Stream.runForEach(
        Stream.takeUntil(changes, (n) => n === 2),
        (n) => Effect.sync(() => seen.push(n))
      )
      const listener = yield* Effect.forkChild(listen)
      const add = SubscriptionRef.update(ref, (n) => n + 1)
      yield* together(add, add)
      yield* Fiber.await(listener)
      yield* expect(seen.at(-1) === 2 && seen.every((n, i) => i === 0 || n > seen[i - 1]!), `saw ${seen.join()}`)
    })
  ),
  trial(
    "SynchronizedRef",
    "updates that suspend, of which one is interrupted",
    Effect.gen(function* () {
      const ref = yield* SynchronizedRef.make(0)
      const add = SynchronizedRef.updateEffect(ref, (n) => Effect.andThen(Effect.yieldNow, Effect.succeed(n + 1)))
      const others = yield* Effect.forkChild(together(add, add))
      yield* cutShort(add)
      yield* Fiber.await(others)
      yield* expect((yield* SynchronizedRef.get(ref)) >= 2, "an update is lost")
    })
  ),
  trial(
    "FiberHandle",
    "runs that replace each other, and a clear",
    Effect.gen(function* () {
      const handle = yield* FiberHandle.make()
      let active = 0
      yield* Interleavings.atEnd("none is active", () => active === 0)
      const run = Effect.ensuring(
        Effect.andThen(
          Effect.sync(() => active++),
          Effect.never
        ),
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => active--)
        )
      )
      yield* together(FiberHandle.run(handle, run), FiberHandle.run(handle, run), FiberHandle.clear(handle))
    })
  ),
  trial(
    "FiberMap",
    "runs of one key, and a removal",
    Effect.gen(function* () {
      const map = yield* FiberMap.make<string>()
      let active = 0
      yield* Interleavings.atEnd("none is active", () => active === 0)
      const run = Effect.ensuring(
        Effect.andThen(
          Effect.sync(() => active++),
          Effect.never
        ),
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => active--)
        )
      )
      yield* together(FiberMap.run(map, "a", run), FiberMap.run(map, "a", run), FiberMap.remove(map, "a"))
    })
  ),
  trial(
    "FiberSet",
    "awaitEmpty, and runs that come late",
    Effect.gen(function* () {
      const set = yield* FiberSet.make()
      yield* together(FiberSet.run(set, Effect.yieldNow), FiberSet.run(set, step), FiberSet.awaitEmpty(set))
      yield* FiberSet.awaitEmpty(set)
      yield* expect((yield* FiberSet.size(set)) === 0, "it is not empty")
    })
  ),
  trial(
    "FiberSet",
    "a fiber that fails ends the join",
    Effect.gen(function* () {
      const set = yield* FiberSet.make<unknown, string>()
      const join = yield* Effect.forkChild(Effect.exit(FiberSet.join(set)))
      yield* FiberSet.run(set, Effect.andThen(Effect.yieldNow, Effect.fail("no")))
      yield* expect(Exit.isFailure(yield* Fiber.join(join)), "the failure is lost")
    })
  ),
  trial(
    "TxRef",
    "transactions on two accounts",
    Effect.gen(function* () {
      const a = yield* TxRef.make(10)
      const b = yield* TxRef.make(0)
      const move = Effect.tx(
        Effect.gen(function* () {
          const n = yield* TxRef.get(a)
          yield* TxRef.set(a, n - 1)
          yield* TxRef.update(b, (m) => m + 1)
        })
      )
      yield* together(move, move)
      const sum = yield* Effect.tx(Effect.zipWith(TxRef.get(a), TxRef.get(b), (x, y) => x * 100 + y))
      yield* expect(sum === 802, `${sum}`)
    })
  ),
  trial(
    "TxQueue",
    "bounded: offers that wait for takes",
    Effect.gen(function* () {
      const queue = yield* TxQueue.bounded<number>(1)
      const offers = Effect.andThen(TxQueue.offer(queue, 1), TxQueue.offer(queue, 2))
      yield* together(offers, Effect.andThen(TxQueue.take(queue), TxQueue.take(queue)))
    })
  ),
  trial(
    "TxSemaphore",
    "permits of three, of which one is interrupted",
    Effect.gen(function* () {
      const semaphore = yield* TxSemaphore.make(1)
      const use = TxSemaphore.withPermit(semaphore, step)
      const other = yield* Effect.forkChild(use)
      yield* cutShort(use)
      yield* Fiber.await(other)
      yield* expect((yield* TxSemaphore.available(semaphore)) === 1, "a permit is lost")
    })
  ),
  trial(
    "TxReentrantLock",
    "readers and a writer, one of which is interrupted",
    Effect.gen(function* () {
      const lock = yield* TxReentrantLock.make()
      const read = TxReentrantLock.withReadLock(lock, step)
      const other = yield* Effect.forkChild(read)
      yield* cutShort(TxReentrantLock.withWriteLock(lock, step))
      yield* read
      yield* Fiber.await(other)
      yield* expect(!(yield* TxReentrantLock.locked(lock)), "it is locked, and nobody has it")
    })
  )
]
