/**
 * After kernels of GoKer (see `goker.ts`) in which locks alone are at fault: two orders, a second lock by its owner, a reader that reads
 * again while a writer waits, a path that keeps the lock.
 */
import { Deferred, Effect, Fiber, Latch, Ref } from "effect"
import type { Bug } from "./bug.ts"
import { bug, step, together } from "./bug.ts"
import { kernel, mutex, readWriteLock } from "./go.ts"

export const gokerLocks: ReadonlyArray<Bug> = [
  bug("heartbeats and raft: two locks in two orders", kernel("cockroach/10214"), (isFixed) =>
    Effect.gen(function* () {
      const coalesced = yield* mutex
      const raft = yield* mutex
      const tick = raft.with(Effect.andThen(step, coalesced.with(step)))
      const heartbeats = isFixed
        ? Effect.andThen(coalesced.with(step), raft.with(step))
        : coalesced.with(Effect.andThen(step, raft.with(step)))
      yield* together(heartbeats, tick)
    })
  ),

  bug("range cache: it is printed under its own read lock", kernel("cockroach/6181"), (isFixed) =>
    Effect.gen(function* () {
      const cache = yield* readWriteLock
      const print = isFixed ? step : cache.read(step)
      const lookup = Effect.andThen(cache.read(Effect.andThen(step, print)), cache.write(step))
      yield* together(lookup, lookup)
    })
  ),

  bug("system configuration: a reader reads again, and a writer came between", kernel("cockroach/16167"), (isFixed) =>
    Effect.gen(function* () {
      const config = yield* readWriteLock
      const prepare = isFixed ? step : config.read(step)
      yield* together(config.read(Effect.andThen(step, prepare)), config.write(step))
    })
  ),

  bug("CPU state: read lock twice in a chain of calls", kernel("kubernetes/62464"), (isFixed) =>
    Effect.gen(function* () {
      const state = yield* readWriteLock
      const getDefault = isFixed ? step : state.read(step)
      const reconcile = state.read(Effect.andThen(step, getDefault))
      const remove = Effect.andThen(state.read(step), state.write(step))
      yield* together(reconcile, remove)
    })
  ),

  bug("raft status under the store's read lock", kernel("cockroach/3710"), (isFixed) =>
    Effect.gen(function* () {
      const store = yield* readWriteLock
      const replicas = yield* Ref.make([1, 2])
      const status = store.read(step)
      const scan = isFixed
        ? Effect.andThen(store.read(Ref.get(replicas)), Effect.andThen(status, status))
        : store.read(Effect.andThen(Ref.get(replicas), Effect.andThen(status, status)))
      yield* together(scan, store.write(Ref.set(replicas, [1])))
    })
  ),

  bug("log: the exit takes the lock that its caller has", kernel("cockroach/9935"), (isFixed) =>
    Effect.gen(function* () {
      const log = yield* mutex
      const isFull = yield* Ref.make(false)
      const exit = log.with(step)
      const output = Effect.gen(function* () {
        yield* log.lock
        if (yield* Ref.get(isFull)) {
          if (isFixed) yield* log.unlock
          yield* exit
          if (isFixed) return
        }
        yield* log.unlock
      })
      yield* together(output, Ref.set(isFull, true))
    })
  ),

  bug("gossip: a closed one leaves its loop with the lock", kernel("cockroach/584"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const isClosed = yield* Ref.make(false)
      const loop = Effect.gen(function* () {
        for (let turn = 0; turn < 2; turn++) {
          yield* lock.lock
          if (yield* Ref.get(isClosed)) {
            if (isFixed) yield* lock.unlock
            return
          }
          yield* lock.unlock
        }
      })
      yield* together(loop, loop, Ref.set(isClosed, true))
    })
  ),

  bug("client: closed between two looks, and its lock is kept", kernel("etcd/5509"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      const isOpen = yield* Ref.make(true)
      const acquire = Effect.gen(function* () {
        yield* lock.lock
        if (!(yield* Ref.get(isOpen))) {
          if (isFixed) yield* lock.unlock
          return
        }
        yield* lock.unlock
      })
      const close = Effect.andThen(lock.with(Ref.set(isOpen, false)), lock.with(step))
      yield* together(acquire, close)
    })
  ),

  bug("graceful stop: the second one keeps the lock", kernel("grpc/795"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      let drains = false
      const stop = Effect.gen(function* () {
        yield* lock.lock
        if (drains) {
          if (isFixed) yield* lock.unlock
          return
        }
        drains = true
        yield* lock.unlock
      })
      yield* together(stop, stop, lock.with(step))
    })
  ),

  bug("connection cache: a removal that was cancelled keeps the lock", kernel("grpc/3017"), (isFixed) =>
    Effect.gen(function* () {
      const lock = yield* mutex
      let isCancelled = false
      const expire = Effect.gen(function* () {
        yield* Effect.sleep(10)
        yield* lock.lock
        if (isCancelled && !isFixed) return
        yield* lock.unlock
      })
      const renew = Effect.andThen(Effect.sleep(10), lock.with(Effect.sync(() => (isCancelled = true))))
      yield* together(expire, renew, Effect.andThen(Effect.sleep(11), lock.with(step)))
    })
  ),

  bug("remote resources: the lock of a page is awaited under the lock of all", kernel("hugo/3251"), (isFixed) =>
    Effect.gen(function* () {
      const all = yield* mutex
      const page = yield* mutex
      const lockPage = isFixed ? Effect.andThen(all.with(step), page.lock) : all.with(page.lock)
      const get = Effect.andThen(lockPage, Effect.andThen(step, all.with(page.unlock)))
      yield* together(get, get)
    })
  ),

  bug("device mapper: the lock of a device and the lock of all", kernel("moby/4951"), (isFixed) =>
    Effect.gen(function* () {
      const devices = yield* mutex
      const device = yield* mutex
      const remove = devices.with(Effect.andThen(step, device.with(step)))
      // a removal that is busy lets go of the lock of all, and takes it again
      const deactivate = isFixed
        ? Effect.andThen(device.with(step), devices.with(step))
        : device.with(Effect.andThen(step, devices.with(step)))
      yield* together(remove, deactivate)
    })
  ),

  bug("UDP proxy: a connection that fails keeps the lock", kernel("moby/7559"), (isFixed) =>
    Effect.gen(function* () {
      const tracks = yield* mutex
      const isDown = yield* Ref.make(false)
      const accept = Effect.gen(function* () {
        yield* tracks.lock
        if (yield* Ref.get(isDown)) {
          if (isFixed) yield* tracks.unlock
          return
        }
        yield* tracks.unlock
      })
      yield* together(Effect.andThen(accept, accept), Ref.set(isDown, true))
    })
  ),

  bug("watch cache: start and replace take two locks in two orders", kernel("kubernetes/13135"), (isFixed) =>
    Effect.gen(function* () {
      const cacher = yield* mutex
      const watch = yield* mutex
      const ready = yield* Deferred.make<void>()
      const replace = watch.with(Effect.andThen(Deferred.succeed(ready, undefined), cacher.with(step)))
      const restart = Effect.gen(function* () {
        yield* Deferred.await(ready)
        yield* isFixed ? watch.with(cacher.with(step)) : cacher.with(Effect.andThen(step, watch.with(step)))
      })
      yield* together(replace, restart)
    })
  ),

  bug("federation: informer and queue look at each other under their locks", kernel("kubernetes/30872"), (isFixed) =>
    Effect.gen(function* () {
      const informer = yield* mutex
      const queue = yield* mutex
      const pop = queue.with(Effect.andThen(step, informer.with(step)))
      const isSynced = isFixed
        ? Effect.andThen(informer.with(step), queue.with(step))
        : informer.with(Effect.andThen(step, queue.with(step)))
      yield* together(pop, isSynced)
    })
  ),

  bug("quota: waits for work under a read lock, and a writer came", kernel("kubernetes/58107"), (isFixed) =>
    Effect.gen(function* () {
      const workers = yield* readWriteLock
      const hasWork = yield* Latch.make(false)
      const worker = isFixed
        ? Effect.andThen(hasWork.await, workers.read(step))
        : workers.read(Effect.andThen(hasWork.await, step))
      const other = workers.read(hasWork.open)
      yield* together(worker, workers.write(step), other)
    })
  ),

  bug("plugin: one whose activation failed is awaited for ever", kernel("moby/29733"), (isFixed) =>
    Effect.gen(function* () {
      const active = yield* Latch.make(false)
      const isFailed = yield* Ref.make(false)
      const activate = Effect.gen(function* () {
        yield* Ref.set(isFailed, true)
        if (isFixed) yield* active.open
      })
      const handle = Effect.gen(function* () {
        if (!(yield* Ref.get(isFailed))) yield* active.await
      })
      const handler = yield* Effect.forkChild(handle)
      yield* activate
      yield* Fiber.join(handler)
    })
  )
]
