import { assert, describe, it } from "@effect/vitest"
import { FiberDump, Supervision } from "@giveway/core"
import { Deferred, Effect, Exit, Fiber, Latch, Queue } from "effect"

const quiet = Supervision.layer({ logs: false })

const started = (effect: Effect.Effect<unknown>) => Effect.forkChild(effect, { startImmediately: true })

const dumped = Effect.flatMap(Supervision.Supervision, ({ dump }) => dump)

const thingOf = (dump: FiberDump.FiberDump, fiber: Fiber.Fiber<unknown, unknown>): number => {
  const thing = dump.fibers.find(({ id }) => id === fiber.id)?.awaits?.thing
  assert.isDefined(thing)
  return thing
}

describe("the thing that fibers await", () => {
  it.live("has one number for all who await it, in each dump, in text and JSON; another thing has another", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<string>()
      const other = yield* Deferred.make<void>()
      const waiters = yield* Effect.forEach([1, 2, 3, 4], () => started(Deferred.await(gate)))
      const alone = yield* started(Deferred.await(other))
      const dump = yield* dumped
      const [thing = 0, ...same] = waiters.map((fiber) => thingOf(dump, fiber))
      assert.deepStrictEqual(same, [thing, thing, thing])
      assert.notStrictEqual(thingOf(dump, alone), thing)
      assert.strictEqual(thingOf(yield* dumped, waiters[3]!), thing)
      const text = FiberDump.render(dump)
      assert.lengthOf(Array.from(text.matchAll(new RegExp(`a deferred @${thing} \\(4 wait\\)`, "g"))), 4)
      assert.match(text, new RegExp(`a deferred @${thingOf(dump, alone)},`))
      assert.include(JSON.stringify(dump), `"awaits":{"kind":"deferred","thing":${thing}}`)
      yield* Fiber.interrupt(alone)
      yield* Deferred.succeed(gate, "open")
      for (const waiter of waiters) assert.deepStrictEqual(yield* Fiber.await(waiter), Exit.succeed("open"))
    }).pipe(Effect.provide(quiet))
  )

  it.live("of a queue is the side on which they wait; looking moves nobody and loses nothing", () =>
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(1)
      const takers = [yield* started(Queue.take(queue)), yield* started(Queue.take(queue))] as const
      const ends = yield* started(Queue.await(queue))
      const full = yield* Queue.bounded<number>(1)
      yield* Queue.offer(full, 1)
      const offers = [yield* started(Queue.offer(full, 2)), yield* started(Queue.offerAll(full, [3]))] as const
      for (let times = 0; times < 3; times++) {
        const dump = yield* dumped
        assert.strictEqual(thingOf(dump, takers[0]), thingOf(dump, takers[1]))
        assert.strictEqual(thingOf(dump, offers[0]), thingOf(dump, offers[1]))
        assert.strictEqual(new Set([takers[0], offers[0], ends].map((fiber) => thingOf(dump, fiber))).size, 3)
      }
      yield* Queue.offerAll(queue, [10, 20])
      assert.deepStrictEqual(yield* Fiber.awaitAll([...takers]), [Exit.succeed(10), Exit.succeed(20)])
      assert.deepStrictEqual([yield* Queue.take(full), yield* Queue.take(full), yield* Queue.take(full)], [1, 2, 3])
      yield* Fiber.awaitAll([...offers])
      yield* Fiber.interrupt(ends)
    }).pipe(Effect.provide(quiet))
  )

  it.live(
    "waiters can be interrupted and released as if nobody had looked, and the built-in methods are as before",
    () =>
      Effect.gen(function* () {
        const methods = [Array.prototype.indexOf, Set.prototype.delete]
        const latch = yield* Latch.make(false)
        const [one, two] = [yield* started(latch.await), yield* started(latch.await)]
        const dump = yield* dumped
        assert.strictEqual(thingOf(dump, one), thingOf(dump, two))
        yield* Fiber.interrupt(one)
        thingOf(yield* dumped, two)
        yield* latch.open
        assert.isTrue(Exit.isSuccess(yield* Fiber.await(two)))
        assert.deepStrictEqual([Array.prototype.indexOf, Set.prototype.delete], methods)
      }).pipe(Effect.provide(quiet))
  )
})
