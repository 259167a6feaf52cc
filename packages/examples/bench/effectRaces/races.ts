/**
 * Bugs of Effect itself that depend on the order of fibers or on the moment of an interruption: each as a small program, with the last published
 * version that has it and the first that has not. `run.ts` runs them inside a folder that has the version installed.
 *
 * **Invariant.** Only functions that all of these versions have, since one text runs under two of them.
 */
import { Interleavings } from "@giveway/core/testing"
import {
  Cache,
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberHandle,
  FiberMap,
  Latch,
  Layer,
  Option,
  PartitionedSemaphore,
  Pool,
  Queue,
  RcMap,
  RcRef,
  Scope,
  ScopedCache,
  Semaphore,
  Stream,
  TxReentrantLock
} from "effect"

export interface Race {
  readonly name: string
  /** an issue or a pull request of Effect-TS/effect; `undefined` for what `npm run bench -- effect-search` found on old versions */
  readonly source: number | undefined
  /** the last published version that has it */
  readonly broken: string
  /** the first published version that has not */
  readonly mended: string
  readonly program: Effect.Effect<unknown, unknown>
}

const expect = (holds: boolean, sentence: string): Effect.Effect<void> =>
  holds ? Effect.void : Effect.die(new Error(sentence))

const step = Effect.sync(() => {})

export const races: ReadonlyArray<Race> = [
  {
    name: "Semaphore.withPermits keeps its permits when it is interrupted before the release is registered",
    source: 6910,
    broken: "4.0.0-beta.102",
    mended: "4.0.0-beta.103",
    program: Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(1)
      const probe = semaphore.withPermitsIfAvailable(1)(Effect.void)
      yield* Interleavings.atEnd("the permit is back", () => Option.isSome(Effect.runSync(probe)))
      const fiber = yield* Effect.forkChild(semaphore.withPermits(1)(Effect.void))
      yield* Fiber.await(fiber)
    })
  },
  {
    name: "FiberHandle.clear removes the fiber that was put in while it waited",
    source: 6552,
    broken: "4.0.0-beta.101",
    mended: "4.0.0-beta.102",
    program: Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* FiberHandle.make()
        yield* FiberHandle.run(handle, Effect.uninterruptible(Effect.sleep(10)))
        const clear = yield* Effect.forkChild(FiberHandle.clear(handle))
        yield* Effect.sleep(5)
        const next = yield* FiberHandle.run(handle, Effect.never)
        yield* Fiber.await(clear)
        const known = FiberHandle.getUnsafe(handle)
        yield* expect(
          next.pollUnsafe() !== undefined || Option.isSome(known),
          "a fiber runs that its handle has forgotten"
        )
      })
    )
  },
  {
    name: "PartitionedSemaphore.take keeps the permits that it had when it is interrupted",
    source: 6638,
    broken: "4.0.0-beta.101",
    mended: "4.0.0-beta.102",
    program: Effect.gen(function* () {
      const semaphore = yield* PartitionedSemaphore.make<string>({ permits: 2 })
      yield* PartitionedSemaphore.take(semaphore, "a", 2)
      const waiter = yield* Effect.forkChild(PartitionedSemaphore.take(semaphore, "b", 2))
      const giver = yield* Effect.forkChild(PartitionedSemaphore.release(semaphore, 1))
      yield* step
      yield* Fiber.interrupt(waiter)
      yield* Fiber.await(giver)
      yield* PartitionedSemaphore.release(semaphore, 1)
      const left = yield* PartitionedSemaphore.available(semaphore)
      const took = Exit.isSuccess(yield* Fiber.await(waiter)) ? 2 : 0
      yield* expect(left + took === 2, "permits are lost")
    })
  },
  {
    name: "Latch.open wakes those who came after it was closed again",
    source: 6637,
    broken: "4.0.0-beta.101",
    mended: "4.0.0-beta.102",
    program: Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      let isClosed = false
      let passed = false
      const early = yield* Effect.forkChild(latch.await)
      yield* step
      yield* latch.open
      yield* latch.close
      isClosed = true
      const late = yield* Effect.forkChild(
        Effect.suspend(() => {
          const came = isClosed
          return Effect.andThen(
            latch.await,
            Effect.sync(() => (passed = came && isClosed))
          )
        })
      )
      for (let i = 0; i < 3; i++) yield* Effect.yieldNow
      yield* Fiber.interrupt(late)
      yield* Fiber.interrupt(early)
      yield* expect(!passed, "a closed latch was passed")
    })
  },
  {
    name: "Cache.get that is interrupted removes a newer value",
    source: 6844,
    broken: "4.0.0-beta.102",
    mended: "4.0.0-beta.103",
    program: Effect.gen(function* () {
      const cache = yield* Cache.make<string, number>({
        capacity: 1,
        lookup: () => Effect.sleep(1000).pipe(Effect.as(1))
      })
      const getter = yield* Effect.forkChild(Cache.get(cache, "key"))
      yield* step
      yield* Cache.set(cache, "key", 99)
      yield* Fiber.interrupt(getter)
      const known = yield* Cache.getSuccess(cache, "key")
      yield* expect(Option.isSome(known), "a value that was set is gone")
    })
  },
  {
    name: "Cache.get that is interrupted interrupts the others that wait for the same key",
    source: 6494,
    broken: "4.0.0-beta.99",
    mended: "4.0.0-beta.100",
    program: Effect.gen(function* () {
      const cache = yield* Cache.make<string, number>({
        capacity: 1,
        lookup: () => Effect.andThen(Effect.yieldNow, Effect.succeed(1))
      })
      // both wait before anybody is interrupted: those who come during the interruption are another fault, and 4.1.0 has it
      const first = yield* Effect.forkChild(Cache.get(cache, "key"), { startImmediately: true })
      const second = yield* Effect.forkChild(Effect.exit(Cache.get(cache, "key")), { startImmediately: true })
      yield* step
      yield* Fiber.interrupt(first)
      const exit = yield* Fiber.join(second)
      yield* expect(Exit.isSuccess(exit), "a caller that nobody interrupted was interrupted")
    })
  },
  {
    name: "RcRef.get makes two resources for two first borrowers",
    source: 7110,
    broken: "4.0.0-beta.105",
    mended: "4.0.0-beta.106",
    program: Effect.gen(function* () {
      let made = 0
      const acquire = Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => ++made)
      )
      const ref = yield* RcRef.make({ acquire })
      const both = yield* Latch.make(false)
      const got: Array<number> = []
      // each keeps the resource until both have it
      const use = Effect.gen(function* () {
        got.push(yield* RcRef.get(ref))
        if (got.length === 2) yield* both.open
        yield* both.await
      })
      const fibers = [yield* Effect.forkChild(Effect.scoped(use)), yield* Effect.forkChild(Effect.scoped(use))]
      for (const fiber of fibers) yield* Fiber.join(fiber)
      yield* expect(got[0] === got[1], "two share a reference, and have two resources")
    }).pipe(Effect.scoped)
  },
  {
    name: "RcRef.get leaves open what it acquired before its acquisition was interrupted",
    source: 7109,
    broken: "4.0.0-beta.105",
    mended: "4.0.0-beta.106",
    program: Effect.gen(function* () {
      let open = 0
      yield* Interleavings.atEnd("nothing is open", () => open === 0)
      const part = Effect.acquireRelease(
        Effect.sync(() => open++),
        () => Effect.sync(() => open--)
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const ref = yield* RcRef.make({ acquire: Effect.andThen(part, Effect.sleep(1000)) })
          const fiber = yield* Effect.forkChild(Effect.scoped(RcRef.get(ref)))
          yield* step
          yield* Fiber.interrupt(fiber)
        })
      )
    })
  },
  {
    name: "Deferred.await dies when it is interrupted just after the completion",
    source: 7193,
    broken: "4.0.0-beta.107",
    mended: "4.0.0-rc.110",
    program: Effect.gen(function* () {
      const deferred = yield* Deferred.make<number>()
      const waiter = yield* Effect.forkChild(Deferred.await(deferred))
      yield* step
      Deferred.doneUnsafe(deferred, Effect.andThen(Effect.yieldNow, Effect.succeed(1)))
      yield* Fiber.interrupt(waiter)
      const exit = yield* Fiber.await(waiter)
      yield* expect(!Exit.hasDies(exit), "a waiter died")
    })
  },
  {
    name: "Queue.await fails when it began before the end of the queue",
    source: 7174,
    broken: "4.0.0-beta.107",
    mended: "4.0.0-rc.110",
    program: Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number, any>()
      const waiter = yield* Effect.forkChild(Effect.exit(Queue.await(queue)))
      yield* step
      yield* Queue.end(queue)
      yield* expect(Exit.isSuccess(yield* Fiber.join(waiter)), "the end of a queue is an error")
    })
  },
  {
    name: "A fiber that interrupts itself goes on",
    source: 6484,
    broken: "4.0.0-beta.99",
    mended: "4.0.0-beta.100",
    program: Effect.gen(function* () {
      let isAcquired = false
      yield* Interleavings.atEnd("it is released", () => !isAcquired)
      const self = Effect.withFiber((fiber) => Effect.sync(() => fiber.interruptUnsafe()))
      const body = Effect.onExit(
        Effect.andThen(
          Effect.sync(() => (isAcquired = true)),
          self
        ),
        () =>
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => (isAcquired = false))
          )
      )
      const fiber = yield* Effect.forkChild(body)
      const exit = yield* Fiber.await(fiber)
      yield* expect(Exit.hasInterrupts(exit), "an interrupted fiber succeeded")
    })
  },
  {
    name: "Stream.flatMap at its limit does not see that the outer stream has failed",
    source: 6593,
    broken: "4.0.0-beta.101",
    mended: "4.0.0-beta.102",
    program: Effect.gen(function* () {
      const outer = Stream.concat(Stream.make(1, 2), Stream.fromEffect(Effect.fail("boom")))
      const all = Stream.flatMap(outer, () => Stream.never, { concurrency: 2 })
      const exit = yield* Effect.exit(Stream.runDrain(all))
      yield* expect(Exit.isFailure(exit), "it went on")
    })
  },
  {
    name: "TxReentrantLock keeps a lock whose scope another fiber closes",
    source: 7036,
    broken: "4.0.0-beta.103",
    mended: "4.0.0-beta.105",
    program: Effect.gen(function* () {
      const lock = yield* TxReentrantLock.make()
      const inScope = (scope: Scope.Scope) =>
        Effect.gen(function* () {
          const write = Effect.provideService(TxReentrantLock.writeLock(lock), Scope.Scope, scope)
          yield* Fiber.join(yield* Effect.forkChild(write))
        })
      yield* Effect.acquireUseRelease(Scope.make(), inScope, Scope.close)
      yield* expect(!(yield* TxReentrantLock.writeLocked(lock)), "nobody holds the lock that is locked")
    })
  },
  {
    name: "Cache.get keeps an interruption that came at once",
    source: 7614,
    broken: "4.0.0-rc.112",
    mended: "4.0.0-rc.113",
    program: Effect.gen(function* () {
      let lookups = 0
      const cache = yield* Cache.make<string, number>({
        capacity: 1,
        lookup: () => (++lookups === 1 ? Effect.interrupt : Effect.succeed(1))
      })
      const first = yield* Effect.forkChild(Effect.exit(Cache.get(cache, "key")))
      const second = yield* Effect.forkChild(Effect.exit(Cache.get(cache, "key")))
      yield* Fiber.await(first)
      yield* Fiber.await(second)
      const third = yield* Effect.exit(Cache.get(cache, "key"))
      yield* expect(Exit.isSuccess(third), "an interruption is remembered")
    })
  },
  {
    name: "Cache.refresh that is interrupted removes a newer value",
    source: 7578,
    broken: "4.0.0-rc.112",
    mended: "4.0.0-rc.113",
    program: Effect.gen(function* () {
      const cache = yield* Cache.make<string, number>({
        capacity: 1,
        lookup: () => Effect.sleep(1000).pipe(Effect.as(1))
      })
      const refresh = yield* Effect.forkChild(Cache.refresh(cache, "key"))
      yield* step
      yield* Cache.set(cache, "key", 99)
      yield* Fiber.interrupt(refresh)
      const known = yield* Cache.getSuccess(cache, "key")
      yield* expect(Option.isSome(known), "a value that was set is gone")
    })
  },
  {
    name: "RcMap.get waits for ever for a lookup that has thrown",
    source: 7605,
    broken: "4.0.0-rc.112",
    mended: "4.0.0-rc.113",
    program: Effect.scoped(
      Effect.gen(function* () {
        const map = yield* RcMap.make<string, number, never, never>({
          lookup: () => {
            throw new Error("no")
          }
        })
        const get = Effect.exit(Effect.scoped(RcMap.get(map, "key")))
        const fibers = [yield* Effect.forkChild(get), yield* Effect.forkChild(get)]
        for (const fiber of fibers) yield* Fiber.await(fiber)
      })
    )
  },
  {
    name: "Deferred that is completed with an interruption forgets every second waiter",
    source: 7364,
    broken: "4.0.0-rc.110",
    mended: "4.0.0-rc.111",
    program: Effect.gen(function* () {
      const deferred = yield* Deferred.make<number>()
      const waiters = [
        yield* Effect.forkChild(Deferred.await(deferred)),
        yield* Effect.forkChild(Deferred.await(deferred))
      ]
      yield* step
      yield* Deferred.interrupt(deferred)
      for (const waiter of waiters) yield* Fiber.await(waiter)
    })
  },

  {
    name: "Fiber.join that ends with its fiber takes the turn of the next observer",
    source: 7344,
    broken: "4.0.0-rc.110",
    mended: "4.0.0-rc.111",
    program: Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.never)
      const joins = [yield* Effect.forkChild(Fiber.join(fiber)), yield* Effect.forkChild(Fiber.join(fiber))]
      yield* step
      yield* Fiber.interrupt(fiber)
      for (const join of joins) yield* Fiber.await(join)
    })
  },

  {
    name: "FiberMap.set loses a fiber that the finalizer of the one before puts in",
    source: 7615,
    broken: "4.0.0-rc.112",
    mended: "4.0.0-rc.113",
    program: Effect.gen(function* () {
      let orphan: Fiber.Fiber<any, any> | undefined
      yield* Effect.scoped(
        Effect.gen(function* () {
          const map = yield* FiberMap.make<string>()
          const again = FiberMap.run(map, "key", Effect.never).pipe(
            Effect.tap((fiber) => Effect.sync(() => void (orphan = fiber)))
          )
          const first = Effect.onInterrupt(Effect.never, () => again)
          yield* FiberMap.run(map, "key", first)
          yield* step
          yield* FiberMap.run(map, "key", Effect.never)
        })
      )
      yield* expect(orphan === undefined || orphan.pollUnsafe() !== undefined, "a fiber outlives its map")
    })
  },
  {
    name: "Queue.offer that is preempted before it waits does not see that there is room meanwhile",
    source: undefined,
    broken: "4.0.0-rc.117",
    mended: "4.0.0-rc.118",
    program: Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(1)
      yield* Queue.offer(queue, 0)
      const producer = yield* Effect.forkChild(Queue.offer(queue, 1))
      yield* step
      yield* Queue.take(queue)
      yield* Fiber.join(producer)
    })
  },
  {
    name: "Queue.take that was resumed and is interrupted takes the turn of the next",
    source: undefined,
    broken: "4.0.1",
    mended: "4.0.2",
    program: Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number>()
      const first = yield* Effect.forkChild(Queue.take(queue))
      const second = yield* Effect.forkChild(Queue.take(queue))
      const producer = yield* Effect.forkChild(Queue.offer(queue, 1))
      yield* Fiber.interrupt(first)
      yield* Fiber.await(producer)
      // the message is of the second, unless the first was faster than its interruption
      if (Exit.isSuccess(yield* Fiber.await(first))) yield* Fiber.interrupt(second)
      yield* Fiber.await(second)
    })
  },
  {
    name: "Cache.get that comes while the last caller is interrupted is interrupted too",
    source: 8389,
    broken: "4.0.0",
    mended: "4.0.1",
    program: Effect.gen(function* () {
      const lookup = (_key: string) => Effect.andThen(Effect.yieldNow, Effect.succeed(1))
      const cache = yield* Cache.make({ capacity: 2, lookup })
      const get = Cache.get(cache, "key")
      const other = yield* Effect.forkChild(Effect.exit(get))
      const first = yield* Effect.forkChild(get)
      yield* step
      yield* Fiber.interrupt(first)
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a caller that nobody interrupted was interrupted")
    })
  },
  {
    name: "ScopedCache.get that is interrupted interrupts the others that wait for the same key",
    source: 8389,
    broken: "4.0.0",
    mended: "4.0.1",
    program: Effect.scoped(
      Effect.gen(function* () {
        const lookup = (_key: string) => Effect.andThen(Effect.yieldNow, Effect.succeed(1))
        const cache = yield* ScopedCache.make({ capacity: 2, lookup })
        const get = ScopedCache.get(cache, "key")
        const first = yield* Effect.forkChild(get)
        const other = yield* Effect.forkChild(Effect.exit(get))
        yield* step
        yield* Fiber.interrupt(first)
        yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a caller that nobody interrupted was interrupted")
      })
    )
  },
  {
    name: "RcRef.get keeps its reference when it is interrupted before its finalizer is registered",
    source: 8390,
    broken: "4.0.0-rc.117",
    mended: "4.0.0-rc.118",
    program: Effect.scoped(
      Effect.gen(function* () {
        let open = 0
        const acquire = Effect.acquireRelease(
          Effect.sync(() => open++),
          () => Effect.sync(() => open--)
        )
        const ref = yield* RcRef.make({ acquire })
        const fiber = yield* Effect.forkChild(Effect.scoped(RcRef.get(ref)))
        yield* step
        yield* Fiber.interrupt(fiber)
        yield* expect(open === 0, "nobody borrows, and it is open")
      })
    )
  },
  {
    name: "Pool.use keeps its item when it is interrupted before its release is registered",
    source: 8390,
    broken: "4.0.0-rc.117",
    mended: "4.0.0-rc.118",
    program: Effect.scoped(
      Effect.gen(function* () {
        const pool = yield* Pool.make({ acquire: Effect.succeed(1), size: 1 })
        const use = Pool.use(pool, () => step)
        const fiber = yield* Effect.forkChild(use)
        yield* step
        yield* Fiber.interrupt(fiber)
        yield* use
      })
    )
  },
  {
    name: "Layer: who waits for a layer whose builder was interrupted waits for ever",
    source: 8385,
    broken: "4.0.0-rc.117",
    mended: "4.0.0-rc.118",
    program: Effect.gen(function* () {
      const memo = yield* Layer.makeMemoMap
      const layer = Layer.effectDiscard(Effect.yieldNow)
      const build = Effect.exit(
        Effect.scoped(Effect.flatMap(Effect.scope, (scope) => Layer.buildWithMemoMap(layer, memo, scope)))
      )
      const first = yield* Effect.forkChild(build)
      const second = yield* Effect.forkChild(build)
      yield* step
      yield* Fiber.interrupt(first)
      yield* Fiber.await(second)
    })
  }
]
