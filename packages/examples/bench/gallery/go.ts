/**
 * What programs in Go are made of, for the kernels of GoKer: channels, mutexes and locks for readers and writers.
 */
import { Effect, Queue, Semaphore } from "effect"

/** The source of a kernel: the issue, the pull request or the commit of its project. */
export const kernel = (number: string): string => `GoBench, GoKer: ${number}`

/** A channel without a buffer: the sender waits until somebody has received. */
export const channel = Effect.gen(function* () {
  const sent = yield* Queue.bounded<number>(1)
  const received = yield* Queue.bounded<void>(1)
  return {
    send: (value: number) => Effect.andThen(Queue.offer(sent, value), Queue.take(received)),
    receive: Effect.tap(Queue.take(sent), () => Queue.offer(received, undefined))
  }
})

type Body = Effect.Effect<unknown, unknown>

/** A mutex: `with` cannot forget to unlock. */
export const mutex = Effect.map(Semaphore.make(1), (lock) => ({
  lock: lock.take(1),
  unlock: lock.release(1),
  with: (body: Body) => lock.withPermits(1)(body)
}))

/** More readers than a kernel has. */
const all = 10

/** As in Go: a writer that waits keeps new readers out, so a reader must not take the lock twice. */
export const readWriteLock = Effect.gen(function* () {
  const gate = yield* Semaphore.make(1)
  const room = yield* Semaphore.make(all)
  return {
    read: (body: Body) => Effect.andThen(gate.withPermits(1)(Effect.void), room.withPermits(1)(body)),
    write: (body: Body) => gate.withPermits(1)(room.withPermits(all)(body))
  }
})
