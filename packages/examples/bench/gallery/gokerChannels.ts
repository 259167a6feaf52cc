/**
 * After kernels of GoKer (see `goker.ts`) in which somebody sends to a channel that nobody reads any more, or under a lock that the reader
 * needs.
 */
import { Deferred, Effect, Exit, Fiber, Queue, Ref } from "effect"
import type { Bug } from "./bug.ts"
import { bug, expect, step, together } from "./bug.ts"
import { channel, kernel, mutex } from "./go.ts"

/** Without its last reader a queue is shut down, so that senders go on. */
const untilEnd = (queue: Queue.Queue<number>, body: Effect.Effect<unknown, unknown>) =>
  Effect.ensuring(body, Queue.shutdown(queue))

export const gokerChannels: ReadonlyArray<Bug> = [
  bug("commands: a reader that is cancelled leaves its senders", kernel("cockroach/10790"), (isFixed) =>
    Effect.gen(function* () {
      const results = yield* Queue.bounded<number>(isFixed ? 2 : 1)
      const cancel = yield* Deferred.make<void>()
      const send = Effect.andThen(Queue.offer(results, 1), Queue.offer(results, 2))
      yield* Effect.forkDetach(send)
      const receive = Effect.andThen(Queue.take(results), Queue.take(results))
      const begin = Effect.raceFirst(receive, Deferred.await(cancel))
      yield* together(begin, Deferred.succeed(cancel, undefined))
    })
  ),

  bug("transaction: its watcher is never told of the end", kernel("cockroach/13197"), (isFixed) =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      yield* Effect.forkDetach(Deferred.await(done))
      yield* isFixed ? Effect.ensuring(step, Deferred.succeed(done, undefined)) : step
    }).pipe((program) => (isFixed ? Effect.uninterruptible(program) : program))
  ),

  bug("restore: who splits goes on to send after who imports was cancelled", kernel("cockroach/18101"), (isFixed) =>
    Effect.gen(function* () {
      const ready = yield* Queue.bounded<number>(1)
      const cancel = yield* Deferred.make<void>()
      const split = Effect.forEach([1, 2, 3], (n) => Queue.offer(ready, n), { discard: true })
      yield* Effect.forkDetach(split)
      const load = Effect.forEach([1, 2, 3], () => Queue.take(ready), { discard: true })
      const restore = Effect.raceFirst(load, Deferred.await(cancel))
      yield* together(isFixed ? untilEnd(ready, restore) : restore, Deferred.succeed(cancel, undefined))
    }).pipe((program) => (isFixed ? Effect.uninterruptible(program) : program))
  ),

  bug("compactor: a second suggestion before it has started", kernel("cockroach/24808"), (isFixed) =>
    Effect.gen(function* () {
      const suggestions = yield* isFixed ? Queue.sliding<number>(1) : Queue.bounded<number>(1)
      const isStarted = yield* Deferred.make<void>()
      const work = Effect.andThen(Deferred.await(isStarted), Queue.take(suggestions))
      const start = Effect.andThen(Queue.offer(suggestions, 0), Deferred.succeed(isStarted, undefined))
      yield* together(work, Queue.offer(suggestions, 1), start)
    })
  ),

  bug("node: a status that is asked for after the stop", kernel("etcd/6857"), (isFixed) =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      const stop = yield* Deferred.make<void>()
      const status = yield* channel
      const run = Effect.andThen(
        Effect.raceFirst(Deferred.await(stop), Effect.forever(status.receive)),
        Deferred.succeed(done, undefined)
      )
      const ask = isFixed ? Effect.raceFirst(status.send(1), Deferred.await(done)) : status.send(1)
      yield* together(run, ask, Deferred.succeed(stop, undefined))
    })
  ),

  bug("tokens: a full channel under the lock that its reader needs", kernel("etcd/7492"), (isFixed) =>
    Effect.gen(function* () {
      const tokens = yield* mutex
      const added = yield* Queue.bounded<number>(1)
      const add = isFixed
        ? Effect.andThen(tokens.with(step), Queue.offer(added, 1))
        : tokens.with(Queue.offer(added, 1))
      const keep = Effect.andThen(Queue.take(added), tokens.with(step))
      yield* together(add, add, add, Effect.andThen(keep, Effect.andThen(keep, keep)))
    })
  ),

  bug(
    "election: who follows waits for the leader under the lock that the leader needs",
    kernel("etcd/7902"),
    (isFixed) =>
      Effect.gen(function* () {
        const lock = yield* mutex
        const next = yield* Deferred.make<void>()
        const leader = Effect.andThen(lock.with(step), lock.with(Deferred.succeed(next, undefined)))
        const follower = isFixed
          ? Effect.andThen(lock.with(step), Deferred.await(next))
          : lock.with(Effect.andThen(step, Deferred.await(next)))
        yield* together(leader, follower)
      })
  ),

  bug("stream: closed while somebody reads, who is not told", kernel("grpc/1275"), (isFixed) =>
    Effect.gen(function* () {
      const received = yield* Queue.unbounded<number>()
      const isClosed = yield* Ref.make(false)
      const read = Effect.gen(function* () {
        if (yield* Ref.get(isClosed)) return
        yield* Effect.exit(Queue.take(received))
      })
      const close = Effect.andThen(Ref.set(isClosed, true), isFixed ? Queue.offer(received, -1) : step)
      yield* together(read, close)
    })
  ),

  bug("round robin: an update is sent under the lock of its reader", kernel("grpc/1353"), (isFixed) =>
    Effect.gen(function* () {
      const balancer = yield* mutex
      const addresses = yield* channel
      const watch = isFixed ? Effect.andThen(balancer.with(step), addresses.send(1)) : balancer.with(addresses.send(1))
      const tearDown = balancer.with(step)
      const process = Effect.andThen(addresses.receive, tearDown)
      yield* together(Effect.andThen(watch, watch), Effect.andThen(process, process))
    })
  ),

  bug("dial: a done signal after the dialler has given up", kernel("grpc/1424"), (isFixed) =>
    Effect.gen(function* () {
      const done = yield* isFixed ? Queue.bounded<number>(1) : Queue.bounded<number>(0)
      yield* Effect.forkDetach(Effect.andThen(Effect.sleep(10), Queue.offer(done, 1)))
      yield* Effect.timeoutOption(Queue.take(done), 10)
    })
  ),

  bug("keepalive: sleeps with the lock of new streams", kernel("grpc/1460"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const awaken = yield* Deferred.make<void>()
      let active = 0
      const sleep = Deferred.await(awaken)
      const keepalive = Effect.gen(function* () {
        yield* lock.lock
        const sleeps = active === 0
        if (isFixed) yield* lock.unlock
        if (sleeps) yield* sleep
        if (!isFixed) yield* lock.unlock
      })
      const open = Effect.sync(() => void active++)
      const newStream = lock.with(Effect.andThen(open, Deferred.succeed(awaken, undefined)))
      yield* together(keepalive, newStream)
    })
  ),

  bug("benchmark: a worker that reports after the stop", kernel("grpc/660"), (isFixed) =>
    Effect.gen(function* () {
      const stop = yield* Ref.make(false)
      const reports = yield* Queue.bounded<number>(isFixed ? 2 : 1)
      const report = Queue.offer(reports, 1)
      const worker = Effect.gen(function* () {
        if (yield* Ref.get(stop)) return
        yield* report
        if (yield* Ref.get(stop)) return
        yield* report
      })
      yield* Effect.forkDetach(worker)
      yield* step
      yield* Ref.set(stop, true)
    })
  ),

  bug("mux: distributes under the lock that a watcher takes to leave", kernel("kubernetes/1321"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const results = yield* channel
      const left = yield* Deferred.make<void>()
      const send = isFixed ? Effect.raceFirst(results.send(1), Deferred.await(left)) : results.send(1)
      const isThere = yield* Ref.make(true)
      const distribute = lock.with(Effect.flatMap(Ref.get(isThere), (there) => (there ? send : Effect.void)))
      const stop = Effect.andThen(
        isFixed ? Deferred.succeed(left, undefined) : step,
        lock.with(Ref.set(isThere, false))
      )
      yield* together(distribute, stop)
    })
  ),

  bug("watch: a result after the stop", kernel("kubernetes/25331"), (isFixed) =>
    Effect.gen(function* () {
      const results = yield* channel
      const cancel = yield* Deferred.make<void>()
      const run = isFixed ? Effect.raceFirst(results.send(1), Deferred.await(cancel)) : results.send(1)
      const use = Effect.raceFirst(results.receive, Deferred.await(cancel))
      yield* together(run, use, Deferred.succeed(cancel, undefined))
    })
  ),

  bug("processor: waits for the channel under the lock of its next message", kernel("kubernetes/26980"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const next = yield* Queue.bounded<number>(1)
      const add = lock.with(step)
      const pop = isFixed
        ? Effect.andThen(lock.with(step), Queue.take(next))
        : lock.with(Effect.andThen(step, Queue.take(next)))
      yield* together(pop, Effect.andThen(add, Queue.offer(next, 1)))
    })
  ),

  bug("poll: a condition that fails leaves its poller", kernel("kubernetes/70277"), (isFixed) =>
    Effect.gen(function* () {
      const ticks = yield* channel
      const done = yield* Deferred.make<void>()
      const poller = Effect.andThen(ticks.send(1), ticks.send(2))
      const isStopped = isFixed ? Effect.raceFirst(poller, Deferred.await(done)) : poller
      const waitFor = Effect.andThen(ticks.receive, Deferred.succeed(done, undefined))
      yield* together(isStopped, waitFor)
    })
  ),

  bug("promise: an answer that nobody fetches", kernel("moby/4395"), (isFixed) =>
    Effect.gen(function* () {
      const isCancelled = yield* Ref.make(false)
      const answer = yield* isFixed ? Queue.bounded<number>(1) : Queue.bounded<number>(0)
      yield* Effect.forkDetach(Effect.andThen(step, Queue.offer(answer, 1)))
      const wait = Effect.flatMap(Ref.get(isCancelled), (is) => (is ? Effect.void : Queue.take(answer)))
      yield* together(wait, Ref.set(isCancelled, true))
    })
  ),

  bug("probe: a result after its monitor has been stopped", kernel("moby/33781"), (isFixed) =>
    Effect.gen(function* () {
      const results = yield* isFixed ? Queue.bounded<number>(1) : Queue.bounded<number>(0)
      const stop = yield* Deferred.make<void>()
      yield* Effect.forkDetach(Queue.offer(results, 1))
      const monitor = Effect.raceFirst(Queue.take(results), Deferred.await(stop))
      yield* together(monitor, Deferred.succeed(stop, undefined))
    })
  ),

  bug("proxy: an exit status after the agent has ended", kernel("istio/17860"), (isFixed) =>
    Effect.gen(function* () {
      const statuses = yield* channel
      const cancel = yield* Deferred.make<void>()
      const agent = Effect.raceFirst(statuses.receive, Deferred.await(cancel))
      const wait = isFixed ? Effect.raceFirst(statuses.send(1), Deferred.await(cancel)) : statuses.send(1)
      const restart = yield* Effect.forkDetach(wait)
      yield* together(agent, Deferred.succeed(cancel, undefined))
      if (isFixed) yield* Fiber.await(restart)
    }).pipe((program) => (isFixed ? Effect.uninterruptible(program) : program))
  ),

  bug("pool: work for workers that are told to end", kernel("serving/3068"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const work = yield* Queue.bounded<number>(5)
      let isClosed = false
      const go = Effect.gen(function* () {
        if (isClosed) return
        yield* step
        yield* expect(!isClosed, "send on closed channel")
        yield* Queue.offer(work, 1)
      })
      const close = Effect.sync(() => (isClosed = true))
      yield* isFixed ? together(lock.with(go), lock.with(close)) : together(go, close)
    })
  ),

  bug("watcher: its destinations are sent after it has closed them", kernel("serving/5865"), (isFixed) =>
    Effect.gen(function* () {
      const destinations = yield* Queue.bounded<number>(1)
      const watcher = yield* Effect.forkChild(isFixed ? Queue.take(destinations) : Queue.shutdown(destinations))
      const isSent = yield* Queue.offer(destinations, 1)
      yield* expect(isSent, "send on closed channel")
      yield* Fiber.await(watcher)
    })
  ),

  bug("dial: a balancer that close has set to nothing", kernel("grpc/2371"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const balancer = yield* Ref.make<Queue.Queue<number> | undefined>(yield* Queue.unbounded<number>())
      const handle = lock.with(
        Effect.gen(function* () {
          const known = yield* Ref.get(balancer)
          if (isFixed && known === undefined) return
          yield* expect(known !== undefined, "a nil pointer")
          yield* Queue.offer(known!, 1)
        })
      )
      yield* together(handle, lock.with(Ref.set(balancer, undefined)))
    })
  ),

  bug("source: its end is set to nothing before its reader looks", kernel("istio/8967"), (isFixed) =>
    Effect.gen(function* () {
      let done: Deferred.Deferred<void> | undefined = yield* Deferred.make<void>()
      const own = done
      const read = Effect.suspend(() =>
        isFixed ? Deferred.await(own) : done === undefined ? Effect.never : Deferred.await(done)
      )
      const stop = Effect.andThen(
        Effect.suspend(() => Deferred.succeed(done!, undefined)),
        Effect.sync(() => (done = undefined))
      )
      yield* together(read, stop)
    })
  ),

  bug("checks: each reads the variable of the loop", kernel("cockroach/35501"), (isFixed) =>
    Effect.gen(function* () {
      const checked: Array<number> = []
      let current = 0
      const fibers: Array<Fiber.Fiber<unknown>> = []
      for (let i = 0; i < 2; i++) {
        current = i
        fibers.push(yield* Effect.forkChild(Effect.sync(() => checked.push(isFixed ? i : current))))
        yield* step
      }
      for (const fiber of fibers) yield* Fiber.await(fiber)
      yield* expect(new Set(checked).size === checked.length, "a check ran twice")
    })
  ),

  bug("credentials: two callers make the lazy provider", kernel("kubernetes/82550"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const provider = yield* Ref.make<number | undefined>(undefined)
      let made = 0
      const provide = Effect.gen(function* () {
        if ((yield* Ref.get(provider)) === undefined) yield* Ref.set(provider, ++made)
      })
      const get = isFixed ? lock.with(provide) : provide
      yield* together(get, get)
      yield* expect(made === 1, "two providers")
    })
  ),

  bug("backoff queue: its length is read without its lock", kernel("kubernetes/88331"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const queue = yield* Ref.make<ReadonlyArray<number>>([1])
      const pop = Effect.gen(function* () {
        if ((yield* Ref.get(queue)).length === 0) return
        const popped = yield* Ref.modify(queue, (items) => [items.at(-1), items.slice(0, -1)])
        yield* expect(popped !== undefined, "an empty queue was popped")
      })
      const flush = isFixed ? lock.with(pop) : pop
      yield* together(flush, flush)
    })
  ),

  bug("cache: the callback of an eviction is counted too early", kernel("istio/8144"), (isFixed) =>
    Effect.gen(function* () {
      const entries = yield* Ref.make(0)
      let callbacks = 0
      const evict = Effect.flatMap(Ref.getAndSet(entries, 0), (n) => Effect.sync(() => (callbacks += n)))
      yield* Ref.set(entries, 1)
      const evicter = yield* Effect.forkChild(evict)
      if (isFixed) yield* Fiber.await(evicter)
      else yield* step
      const exit = yield* Effect.exit(expect(callbacks === 1, "nothing was evicted"))
      yield* Fiber.await(evicter)
      yield* expect(Exit.isSuccess(exit), "the callback came later than its count was read")
    })
  )
]
