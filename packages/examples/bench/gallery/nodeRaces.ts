/**
 * After races of Node.js programs that NodeRacer (Endo and Møller, ICST 2020) and Node.fz (Davis and others, EuroSys 2017) study: callbacks that
 * come in another order than the author saw. Written afresh from the kind of each race.
 */
import { Deferred, Effect, Fiber, Queue, Ref, Semaphore } from "effect"
import type { Bug } from "./bug.ts"
import { bug, expect, step, together } from "./bug.ts"

const racer = (what: string) => `Endo and Møller, NodeRacer, ICST 2020: ${what}`
const fuzz = (what: string) => `Davis and others, Node.fz, EuroSys 2017: ${what}`

export const nodeRaces: ReadonlyArray<Bug> = [
  bug("folder that is made twice", fuzz("mkdirp, exists then make"), (isFixed) =>
    Effect.gen(function* () {
      const folders = new Set<string>()
      const exists = Effect.sync(() => folders.has("a"))
      const make = Effect.suspend(() => {
        if (folders.has("a")) return Effect.fail("EEXIST")
        folders.add("a")
        return Effect.void
      })
      const mkdirp = isFixed ? Effect.ignore(make) : Effect.flatMap(exists, (there) => (there ? Effect.void : make))
      yield* together(mkdirp, mkdirp)
    })
  ),

  bug("answer after the socket is closed", fuzz("a reply to a client that is gone"), (isFixed) =>
    Effect.gen(function* () {
      const socket = { isOpen: true }
      const write = Effect.suspend(() => expect(socket.isOpen, "write after end"))
      const reply = isFixed
        ? Effect.suspend(() => (socket.isOpen ? write : Effect.void))
        : Effect.suspend(() => (socket.isOpen ? Effect.andThen(step, write) : Effect.void))
      const lock = yield* Semaphore.make(1)
      const end = Effect.sync(() => (socket.isOpen = false))
      yield* isFixed ? together(lock.withPermits(1)(reply), lock.withPermits(1)(end)) : together(reply, end)
    })
  ),

  bug("file that is read while it is written", racer("two callbacks on one file"), (isFixed) =>
    Effect.gen(function* () {
      let file = ""
      const written = yield* Deferred.make<void>()
      const write = Effect.gen(function* () {
        yield* Effect.sync(() => (file = "{"))
        yield* step
        yield* Effect.sync(() => (file += "}"))
        yield* Deferred.succeed(written, undefined)
      })
      const read = Effect.andThen(
        isFixed ? Deferred.await(written) : Effect.sleep(1),
        Effect.sync(() => JSON.parse(file))
      )
      yield* together(Effect.andThen(Effect.sleep(1), write), read)
    })
  ),

  bug("answers that arrive in another order", racer("requests that are not numbered"), (isFixed) =>
    Effect.gen(function* () {
      let shown = 0
      let latest = 0
      const search = (request: number) =>
        Effect.gen(function* () {
          yield* Effect.sync(() => (latest = Math.max(latest, request)))
          yield* Effect.sleep(10)
          yield* Effect.sync(() => {
            if (!isFixed || request >= shown) shown = request
          })
        })
      yield* together(search(1), search(2))
      yield* expect(shown === latest, "the page shows an older answer")
    })
  ),

  bug("callback that is called twice", racer("timeout and answer"), (isFixed) =>
    Effect.gen(function* () {
      let calls = 0
      const isDone = yield* Ref.make(false)
      const call = isFixed
        ? Effect.flatMap(Ref.getAndSet(isDone, true), (was) => (was ? Effect.void : Effect.sync(() => void calls++)))
        : Effect.gen(function* () {
            if (yield* Ref.get(isDone)) return
            yield* Effect.sync(() => void calls++)
            yield* Ref.set(isDone, true)
          })
      yield* together(Effect.andThen(Effect.sleep(5), call), Effect.andThen(Effect.sleep(5), call))
      yield* expect(calls === 1, "the callback was called twice")
    })
  ),

  bug("connection that is used before it is ready", racer("an event before its listener"), (isFixed) =>
    Effect.gen(function* () {
      const listeners: Array<() => void> = []
      const ready = yield* Deferred.make<void>()
      let isConnected = false
      const connect = Effect.sync(() => {
        isConnected = true
        for (const listener of listeners) listener()
      })
      const listen = Effect.suspend(() => {
        if (isFixed && isConnected) return Deferred.succeed(ready, undefined)
        listeners.push(() => Effect.runSync(Deferred.succeed(ready, undefined)))
        return Effect.void
      })
      yield* together(connect, Effect.andThen(step, Effect.andThen(listen, Deferred.await(ready))))
    })
  ),

  bug("pending counter that reaches zero too early", fuzz("async.parallel without a first count"), (isFixed) =>
    Effect.gen(function* () {
      const pending = yield* Ref.make(isFixed ? 3 : 0)
      const isFinished = yield* Ref.make(false)
      let late = 0
      const job = Effect.gen(function* () {
        if (!isFixed) yield* Ref.update(pending, (n) => n + 1)
        if (yield* Ref.get(isFinished)) late++
        yield* Effect.sleep(1)
        if ((yield* Ref.updateAndGet(pending, (n) => n - 1)) === 0) yield* Ref.set(isFinished, true)
      })
      yield* together(job, Effect.andThen(Effect.sleep(1), job), job)
      yield* expect(late === 0, "a job began after all were finished")
    })
  ),

  bug("session that is saved over a newer one", racer("read, change, write of a store"), (isFixed) =>
    Effect.gen(function* () {
      const store = yield* Ref.make<ReadonlyArray<string>>([])
      const save = (item: string) =>
        isFixed
          ? Ref.update(store, (items) => [...items, item])
          : Effect.gen(function* () {
              const items = yield* Ref.get(store)
              yield* Effect.promise(async () => {})
              yield* Ref.set(store, [...items, item])
            })
      yield* together(save("a"), save("b"))
      yield* expect((yield* Ref.get(store)).length === 2, "an item is lost")
    })
  ),

  bug("stream that ends before its last chunk", racer("end and data"), (isFixed) =>
    Effect.gen(function* () {
      const chunks = yield* Queue.unbounded<number>()
      const isWhole = yield* Deferred.make<void>()
      let sum = 0
      const add = Effect.flatMap(Queue.take(chunks), (n) => Effect.sync(() => (sum += n)))
      const read = Effect.flatMap(add, (now) => (now === 3 ? Deferred.succeed(isWhole, undefined) : Effect.void))
      const reader = yield* Effect.forkChild(Effect.exit(Effect.forever(read)))
      yield* Effect.forkChild(Effect.andThen(Queue.offer(chunks, 1), Queue.offer(chunks, 2)))
      yield* isFixed ? Deferred.await(isWhole) : step
      yield* Queue.shutdown(chunks)
      yield* Fiber.await(reader)
      yield* expect(sum === 3, "the last chunk is missing")
    })
  ),

  bug("lock file that is removed by another owner", fuzz("unlink after a stale check"), (isFixed) =>
    Effect.gen(function* () {
      let owner: string | undefined
      const acquire = (name: string) => Effect.sync(() => (owner ??= name) === name)
      const release = (name: string) =>
        isFixed
          ? Effect.sync(() => void (owner = owner === name ? undefined : owner))
          : Effect.sync(() => void (owner = undefined))
      let inside = 0
      let most = 0
      const use = (name: string) =>
        Effect.gen(function* () {
          if (yield* acquire(name)) {
            yield* Effect.sync(() => (most = Math.max(most, ++inside)))
            yield* step
            yield* Effect.sync(() => inside--)
          }
          yield* release(name)
        })
      yield* together(use("a"), use("b"), use("c"))
      yield* expect(most <= 1, `${most} have the lock`)
    })
  ),

  bug("socket of the pool that times out before it is used", fuzz("agentkeepalive"), (isFixed) =>
    Effect.gen(function* () {
      const socket = { isOpen: true, isFree: true }
      const request = Effect.gen(function* () {
        const isTaken = yield* Effect.sync(() => {
          if (!socket.isOpen) return false
          if (isFixed) socket.isFree = false
          return true
        })
        if (!isTaken) return
        yield* step
        yield* expect(socket.isOpen, "ECONNRESET")
      })
      const expire = Effect.sync(() => {
        if (socket.isFree) socket.isOpen = false
      })
      yield* together(Effect.andThen(Effect.sleep(5), request), Effect.andThen(Effect.sleep(5), expire))
    })
  ),

  bug("job that completes before anybody listens", fuzz("kue"), (isFixed) =>
    Effect.gen(function* () {
      const listeners: Array<() => void> = []
      let isComplete = false
      const told = yield* Deferred.make<void>()
      const tell = () => void Deferred.doneUnsafe(told, Effect.void)
      const complete = Effect.sync(() => {
        isComplete = true
        for (const listener of listeners) listener()
      })
      const job = yield* Effect.forkChild(complete)
      yield* step
      yield* Effect.sync(() => {
        listeners.push(tell)
        if (isFixed && isComplete) tell()
      })
      yield* Deferred.await(told)
      yield* Fiber.await(job)
    })
  ),

  bug("subscription of a client that has left meanwhile", fuzz("nes"), (isFixed) =>
    Effect.gen(function* () {
      let isConnected = true
      const subscriptions = new Set<string>()
      const subscribe = Effect.gen(function* () {
        yield* Effect.promise(async () => {})
        yield* Effect.sync(() => {
          if (isConnected || !isFixed) subscriptions.add("client")
        })
      })
      const leave = Effect.sync(() => {
        isConnected = false
        subscriptions.delete("client")
      })
      yield* together(subscribe, leave)
      yield* expect(subscriptions.size === 0, "a client that has left is subscribed")
    })
  ),

  bug("log line for a file that was rotated", fuzz("cinovo-logger-file"), (isFixed) =>
    Effect.gen(function* () {
      const newFile = () => ({ lines: 0, isOpen: true })
      const current = yield* Ref.make(newFile())
      const log = Effect.gen(function* () {
        const file = yield* Ref.get(current)
        if (!isFixed) yield* step
        const last = isFixed ? yield* Ref.get(current) : file
        yield* expect(last.isOpen, "write after end")
        last.lines++
      })
      const rotate = Effect.gen(function* () {
        const old = yield* Ref.getAndSet(current, newFile())
        yield* Effect.sync(() => (old.isOpen = false))
      })
      const lock = yield* Semaphore.make(1)
      yield* isFixed ? together(lock.withPermits(1)(log), lock.withPermits(1)(rotate)) : together(log, rotate)
    })
  ),

  bug("port that two callers find free", racer("get-port"), (isFixed) =>
    Effect.gen(function* () {
      const used = new Set<number>()
      const free = (from: number) => {
        let port = from
        while (used.has(port)) port++
        return port
      }
      const bind = (port: number) =>
        Effect.suspend(() => {
          if (used.has(port)) return Effect.fail("EADDRINUSE")
          used.add(port)
          return Effect.void
        })
      // the mended one looks and binds in one operation
      const listen = isFixed
        ? Effect.sync(() => void used.add(free(80)))
        : Effect.flatMap(
            Effect.sync(() => free(80)),
            bind
          )
      yield* together(listen, listen)
    })
  ),

  bug("file that is deleted between the list and its turn", racer("del"), (isFixed) =>
    Effect.gen(function* () {
      const files = new Set(["a", "b"])
      const remove = (file: string) =>
        Effect.suspend(() => (files.delete(file) || isFixed ? Effect.void : Effect.fail(`ENOENT: ${file}`)))
      const removeAll = Effect.flatMap(
        Effect.sync(() => [...files]),
        (list) => Effect.forEach(list, remove, { discard: true })
      )
      yield* together(removeAll, removeAll)
    })
  )
]
