/**
 * After kernels of GoKer, the part of GoBench that reduces real bugs of Go programs (Yuan and others, "GoBench", CGO 2021). Written afresh from
 * what each bug is: a channel is a queue, a mutex is a semaphore of one permit, a goroutine is a fiber. The number is that of the issue or
 * pull request of the project.
 */
import { Deferred, Effect, Fiber, Latch, Queue, Ref, Semaphore } from "effect"
import type { Bug } from "./bug.ts"
import { bug, expect, step, together } from "./bug.ts"
import { channel, kernel } from "./go.ts"

export const goker: ReadonlyArray<Bug> = [
  bug("status manager: a lock held over a full channel", kernel("kubernetes/10182"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* Semaphore.make(1)
      const updates = yield* Queue.bounded<number>(1)
      const setStatus = (n: number) =>
        isFixed
          ? Effect.andThen(lock.withPermits(1)(step), Queue.offer(updates, n))
          : lock.withPermits(1)(Queue.offer(updates, n))
      const sync = Effect.andThen(Queue.take(updates), lock.withPermits(1)(step))
      yield* together(setStatus(1), setStatus(2), setStatus(3), Effect.andThen(sync, Effect.andThen(sync, sync)))
    })
  ),

  bug("health monitor: stopped under the lock that it takes", kernel("moby/28462"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* Semaphore.make(1)
      const stop = yield* channel
      const isStopped = yield* Ref.make(false)
      const probe = lock.withPermits(1)(step)
      const monitor = Effect.andThen(probe, Effect.andThen(stop.receive, Ref.set(isStopped, true)))
      const close = isFixed
        ? Effect.andThen(lock.withPermits(1)(step), stop.send(1))
        : lock.withPermits(1)(stop.send(1))
      yield* together(monitor, close)
    })
  ),

  bug("watch broadcasts: stop waits under the lock for one who needs it", kernel("etcd/6873"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* Semaphore.make(1)
      const updates = yield* Queue.bounded<number>(1)
      const done = yield* Deferred.make<void>()
      const coalesce = Effect.andThen(
        Queue.take(updates),
        Effect.andThen(lock.withPermits(1)(step), Deferred.succeed(done, undefined))
      )
      const stop = isFixed
        ? Effect.andThen(lock.withPermits(1)(step), Deferred.await(done))
        : lock.withPermits(1)(Deferred.await(done))
      yield* together(coalesce, Effect.andThen(Queue.offer(updates, 1), stop))
    })
  ),

  bug("lease state and name cache: two locks in two orders", kernel("cockroach/7504"), (isFixed) =>
    Effect.gen(function* () {
      const lease = yield* Semaphore.make(1)
      const names = yield* Semaphore.make(1)
      const release = lease.withPermits(1)(Effect.andThen(step, names.withPermits(1)(step)))
      const get = isFixed
        ? Effect.andThen(names.withPermits(1)(step), lease.withPermits(1)(step))
        : names.withPermits(1)(Effect.andThen(step, lease.withPermits(1)(step)))
      yield* together(release, get)
    })
  ),

  bug("finish request: the answer that comes after the timeout", kernel("kubernetes/5316"), (isFixed) =>
    Effect.gen(function* () {
      const answers = yield* isFixed ? Queue.bounded<number>(1) : Queue.bounded<number>(0)
      const work = Effect.andThen(Effect.sleep("1 second"), Queue.offer(answers, 1))
      yield* Effect.forkDetach(work)
      yield* Effect.timeoutOption(Queue.take(answers), "1 second")
    })
  ),

  bug("attach: an error that nobody receives", kernel("moby/33293"), (isFixed) =>
    Effect.gen(function* () {
      const errors = yield* channel
      const attach = isFixed ? Effect.andThen(step, Effect.exit(Effect.fail("lost"))) : errors.send(1)
      const first = yield* Effect.forkDetach(attach)
      yield* step
      if (isFixed) yield* Fiber.await(first)
    })
  ),

  bug("two processors that fill each other's queue", kernel("cockroach/2448"), (isFixed) =>
    Effect.gen(function* () {
      const size = isFixed ? 4 : 1
      const events = yield* Queue.bounded<number>(size)
      const callbacks = yield* Queue.bounded<number>(size)
      const raft = Effect.andThen(
        Effect.andThen(Queue.offer(events, 1), Queue.offer(events, 2)),
        Effect.andThen(Queue.take(callbacks), Queue.take(callbacks))
      )
      const store = Effect.andThen(
        Effect.andThen(Queue.offer(callbacks, 1), Queue.offer(callbacks, 2)),
        Effect.andThen(Queue.take(events), Queue.take(events))
      )
      yield* together(raft, store)
    })
  ),

  bug("a message that is sent after the stream was closed", kernel("grpc/1687"), (isFixed) =>
    Effect.gen(function* () {
      const isClosed = yield* Ref.make(false)
      const lock = yield* Semaphore.make(1)
      const write = Effect.gen(function* () {
        if (yield* Ref.get(isClosed)) return
        yield* step
        yield* expect(!(yield* Ref.get(isClosed)), "send on closed channel")
      })
      const close = Ref.set(isClosed, true)
      yield* isFixed ? together(lock.withPermits(1)(write), lock.withPermits(1)(close)) : together(write, close)
    })
  ),

  bug("wait before add: a group that is passed too early", kernel("cockroach/1055"), (isFixed) =>
    Effect.gen(function* () {
      const running = yield* Ref.make(0)
      const drained = yield* Latch.make(true)
      let done = 0
      const task = Effect.gen(function* () {
        if (!isFixed) yield* begin
        yield* step
        done++
        if ((yield* Ref.updateAndGet(running, (n) => n - 1)) === 0) yield* drained.open
      })
      const begin = Effect.andThen(
        Ref.update(running, (n) => n + 1),
        drained.close
      )
      if (isFixed) yield* begin
      const fiber = yield* Effect.forkChild(task)
      yield* drained.await
      yield* expect(done === 1, "the stopper went on before its task")
      yield* Fiber.join(fiber)
    })
  ),

  bug("a lock that an early return keeps", kernel("moby/17176"), (isFixed) =>
    Effect.gen(function* () {
      const devices = yield* Semaphore.make(1)
      const isDeleted = yield* Ref.make(false)
      const cleanup = isFixed
        ? devices.withPermits(1)(Ref.set(isDeleted, true))
        : Effect.gen(function* () {
            yield* devices.take(1)
            // the device is gone already: it returns and keeps the lock
            if (yield* Ref.get(isDeleted)) return
            yield* Ref.set(isDeleted, true)
            yield* devices.release(1)
          })
      yield* together(cleanup, cleanup, Effect.andThen(step, devices.withPermits(1)(step)))
    })
  ),

  bug("idle timer: a frame waits under the lock that the end needs", kernel("kubernetes/6632"), (isFixed) =>
    Effect.gen(function* () {
      const writeLock = yield* Semaphore.make(1)
      const resets = yield* channel
      const close = yield* Deferred.make<void>()
      const isOver = yield* Ref.make(false)
      // the mended one goes on to receive until it has the lock
      const drain = Effect.forkChild(Effect.forever(resets.receive))
      const end = writeLock.withPermits(1)(Ref.set(isOver, true))
      const monitor = Effect.gen(function* () {
        yield* Deferred.await(close)
        if (isFixed) yield* drain
        yield* end
      })
      const write = writeLock.withPermits(1)(
        Effect.flatMap(Ref.get(isOver), (over) => (over ? Effect.void : resets.send(1)))
      )
      yield* together(monitor, write, Deferred.succeed(close, undefined))
    })
  ),

  bug("a connection that closes itself and waits for itself", kernel("syncthing/5795"), (isFixed) =>
    Effect.gen(function* () {
      const finished = yield* Deferred.make<void>()
      const inbox = yield* Queue.bounded<number>(1)
      const close = Deferred.await(finished)
      const dispatch = Effect.gen(function* () {
        yield* Queue.take(inbox)
        if (!isFixed) yield* close
        yield* Deferred.succeed(finished, undefined)
      })
      yield* together(dispatch, Queue.offer(inbox, 1), isFixed ? close : step)
    })
  )
]
