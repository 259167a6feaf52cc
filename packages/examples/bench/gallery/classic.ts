/**
 * Bugs that every course on concurrency has, each written afresh for Effect. Most are in the list of Lu, Park, Seo and Zhou, "Learning from
 * Mistakes" (ASPLOS 2008), and in Downey, "The Little Book of Semaphores" (2.2.1); the sources name the chapter or the kind.
 */
import { Interleavings } from "@giveway/core/testing"
import { Deferred, Effect, Fiber, Latch, Queue, Ref, Semaphore } from "effect"
import type { Bug } from "./bug.ts"
import { bug, expect, step, together } from "./bug.ts"

const mistakes = "Lu and others, Learning from Mistakes, ASPLOS 2008"
const semaphores = "Downey, The Little Book of Semaphores, 2.2.1"

/** Reads and writes in two operations, or in one. */
const increment = (count: Ref.Ref<number>, isAtomic: boolean) =>
  isAtomic ? Ref.update(count, (n) => n + 1) : Effect.flatMap(Ref.get(count), (n) => Ref.set(count, n + 1))

export const classic: ReadonlyArray<Bug> = [
  bug("lost update", `${mistakes}: atomicity violation`, (isFixed) =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      yield* together(increment(count, isFixed), increment(count, isFixed))
      yield* expect((yield* Ref.get(count)) === 2, "an increment is lost")
    })
  ),

  bug("lost update, one of 40 operations, four fibers", `${mistakes}: atomicity violation`, (isFixed) =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      const fiber = (at: number) =>
        Effect.gen(function* () {
          for (let i = 0; i < 40; i++) yield* i === at ? increment(count, isFixed) : step
        })
      yield* together(fiber(3), fiber(30), fiber(15), fiber(37))
      yield* expect((yield* Ref.get(count)) === 4, "an increment is lost")
    })
  ),

  bug("check then act", `${mistakes}: atomicity violation`, (isFixed) =>
    Effect.gen(function* () {
      const instance = yield* Ref.make<number | undefined>(undefined)
      let made = 0
      const make = Effect.sync(() => ++made)
      const get = isFixed
        ? Ref.update(instance, (known) => known ?? ++made)
        : Effect.gen(function* () {
            if ((yield* Ref.get(instance)) === undefined) yield* Ref.set(instance, yield* make)
          })
      yield* together(get, get, get)
      yield* expect(made === 1, `the only instance was made ${made} times`)
    })
  ),

  bug("AB-BA", `${mistakes}: deadlock of two locks`, (isFixed) =>
    Effect.gen(function* () {
      const a = yield* Semaphore.make(1)
      const b = yield* Semaphore.make(1)
      const inOrder = (x: Semaphore.Semaphore, y: Semaphore.Semaphore) => x.withPermits(1)(y.withPermits(1)(step))
      yield* together(inOrder(a, b), isFixed ? inOrder(a, b) : inOrder(b, a))
    })
  ),

  bug("dining philosophers", `${semaphores}, 4.4`, (isFixed) =>
    Effect.gen(function* () {
      const forks = yield* Effect.forEach([0, 1, 2], () => Semaphore.make(1))
      const philosopher = (left: number, right: number) =>
        forks[left]!.withPermits(1)(forks[right]!.withPermits(1)(step))
      yield* together(philosopher(0, 1), philosopher(1, 2), isFixed ? philosopher(0, 2) : philosopher(2, 0))
    })
  ),

  bug("missed signal", `${mistakes}: order violation`, (isFixed) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      const isReady = yield* Ref.make(false)
      const waits = Effect.gen(function* () {
        if (!(yield* Ref.get(isReady))) yield* latch.await
      })
      yield* together(waits, Effect.andThen(Ref.set(isReady, true), isFixed ? latch.open : latch.release))
    })
  ),

  bug("double release", `${semaphores}, 3.6: a barrier that is passed twice`, (isFixed) =>
    Effect.gen(function* () {
      const isClosed = yield* Ref.make(false)
      let closed = 0
      const release = Effect.sync(() => void closed++)
      const close = isFixed
        ? Effect.flatMap(Ref.getAndSet(isClosed, true), (was) => (was ? Effect.void : release))
        : Effect.gen(function* () {
            if (yield* Ref.get(isClosed)) return
            yield* release
            yield* Ref.set(isClosed, true)
          })
      yield* together(close, close)
      yield* expect(closed === 1, "it was released twice")
    })
  ),

  bug("use before it is made", `${mistakes}: order violation`, (isFixed) =>
    Effect.gen(function* () {
      const made = yield* Deferred.make<string>()
      const settings = yield* Ref.make<string | undefined>(undefined)
      const init = Effect.andThen(Ref.set(settings, "read"), Deferred.succeed(made, "read"))
      const use = isFixed
        ? Deferred.await(made)
        : Effect.flatMap(Ref.get(settings), (known) => expect(known !== undefined, "the settings are not read yet"))
      yield* together(init, use)
    })
  ),

  bug("interrupted between take and release", "Effect-TS/effect-smol#1392: permits lost on interruption", (isFixed) =>
    Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(1)
      let taken = 0
      yield* Interleavings.atEnd("the permit is back", () => taken === 0)
      const take = Effect.tap(semaphore.take(1), () => Effect.sync(() => taken++))
      const give = Effect.tap(semaphore.release(1), () => Effect.sync(() => taken--))
      const use = isFixed
        ? Effect.acquireUseRelease(
            take,
            () => step,
            () => give
          )
        : Effect.andThen(take, Effect.andThen(step, give))
      yield* together(use, use)
    })
  ),

  bug(
    "leak between acquire and register",
    "Effect documentation, Scope: acquireRelease is uninterruptible",
    (isFixed) =>
      Effect.gen(function* () {
        let open = 0
        yield* Interleavings.atEnd("nothing is open", () => open === 0)
        const acquire = Effect.sync(() => void open++)
        const release = Effect.sync(() => void open--)
        const use = Effect.scoped(
          isFixed
            ? Effect.acquireRelease(acquire, () => release)
            : Effect.andThen(
                acquire,
                Effect.addFinalizer(() => release)
              )
        )
        const fiber = yield* Effect.forkChild(use)
        yield* step
        yield* Fiber.interrupt(fiber)
      })
  ),

  bug("queue that is shut down before it is read", `${mistakes}: order violation`, (isFixed) =>
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number>()
      let got = 0
      const consumer = Effect.exit(
        Effect.andThen(
          Queue.take(queue),
          Effect.sync(() => got++)
        )
      )
      const fiber = yield* Effect.forkChild(consumer)
      yield* Queue.offer(queue, 1)
      if (isFixed) yield* Fiber.await(fiber)
      yield* Queue.shutdown(queue)
      yield* Fiber.await(fiber)
      yield* expect(got === 1, "a message was thrown away")
    })
  ),

  bug(
    "retry that gives up too early",
    "Herlihy and Shavit, The Art of Multiprocessor Programming, 5.8: compare-and-set without a loop",
    (isFixed) =>
      Effect.gen(function* () {
        const count = yield* Ref.make(0)
        const compareAndSet = Effect.gen(function* () {
          const n = yield* Ref.get(count)
          const isSet = yield* Ref.modify(count, (now) => (now === n ? [true, n + 1] : [false, now]))
          if (!isSet) return yield* Effect.fail("busy")
        })
        const add = isFixed ? Effect.retry(compareAndSet, { while: () => true }) : compareAndSet
        yield* together(add, add)
      })
  ),

  bug("cache stampede", "Vattani and others, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015", (isFixed) =>
    Effect.gen(function* () {
      let computed = 0
      const compute = Effect.andThen(
        step,
        Effect.sync(() => ++computed)
      )
      const lock = yield* Semaphore.make(1)
      const cache = yield* Ref.make<number | undefined>(undefined)
      const lookup = Effect.gen(function* () {
        if ((yield* Ref.get(cache)) === undefined) yield* Ref.set(cache, yield* compute)
      })
      const get = isFixed ? lock.withPermits(1)(lookup) : lookup
      yield* together(get, get, get)
      yield* expect(computed === 1, `it was computed ${computed} times`)
    })
  ),

  bug("interruption that waits for its own signal", `${mistakes}: deadlock of one`, (isFixed) =>
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      const body = Effect.andThen(step, latch.await)
      const fiber = yield* Effect.forkChild(isFixed ? body : Effect.uninterruptible(body))
      yield* step
      yield* Fiber.interrupt(fiber)
      yield* latch.open
    })
  ),

  bug("timeout and result due together", `${mistakes}: order violation, of a timer`, (isFixed) =>
    Effect.gen(function* () {
      let charged = 0
      const pay = Effect.andThen(
        Effect.sleep("1 second"),
        Effect.sync(() => void charged++)
      )
      const patience = isFixed ? "2 seconds" : "1 second"
      const result = yield* Effect.timeoutOption(pay, patience)
      yield* expect(charged === 1 && result._tag === "Some", "it was given up at the moment it was due")
    })
  ),

  bug("lock held over a full queue", "the bounded buffer: Downey, 4.1", (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* Semaphore.make(1)
      const queue = yield* Queue.bounded<number>(1)
      const put = (n: number) => (isFixed ? Queue.offer(queue, n) : lock.withPermits(1)(Queue.offer(queue, n)))
      const take = Effect.andThen(lock.withPermits(1)(step), Queue.take(queue))
      yield* together(Effect.andThen(put(1), put(2)), Effect.andThen(take, take))
    })
  )
]
