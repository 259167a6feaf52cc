import { assert, describe, it } from "@effect/vitest"
import { FiberDump, Supervision } from "@giveway/core"
import { Deferred, Effect, Fiber, Latch, Pool, PubSub, Queue, Scope, Semaphore } from "effect"

const quiet = Supervision.layer({ logs: false })

const infoOf = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.gen(function* () {
    const { fibers } = yield* Supervision.Supervision
    return (yield* fibers).find(({ id }) => id === fiber.id)
  })

/** What a fiber that runs `effect` awaits once it has suspended. */
const awaited = (effect: Effect.Effect<unknown, unknown, Scope.Scope>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.scoped(effect), { startImmediately: true })
    const info = yield* infoOf(fiber)
    yield* Fiber.interrupt(fiber)
    return info?.awaits
  })

describe("what a fiber awaits", () => {
  const settles = new Promise<void>(() => {})
  const full = Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(1)
    yield* Queue.offer(queue, 1)
    return queue
  })
  const things: ReadonlyArray<
    readonly [FiberDump.Awaited["kind"], string, Effect.Effect<unknown, unknown, Scope.Scope>]
  > = [
    ["timer", "Effect.sleep", Effect.sleep("1 hour")],
    ["timer", "Effect.delay under a name", Effect.void.pipe(Effect.delay("1 hour"), Effect.withSpan("late"))],
    ["deferred", "Deferred.await", Effect.flatMap(Deferred.make<void>(), Deferred.await)],
    ["queue", "Queue.take", Effect.flatMap(Queue.unbounded<number>(), Queue.take)],
    ["queue", "Queue.takeAll", Effect.flatMap(Queue.unbounded<number>(), Queue.takeAll)],
    ["queue", "Queue.offer", Effect.flatMap(full, (queue) => Queue.offer(queue, 2))],
    ["queue", "Queue.offerAll", Effect.flatMap(full, (queue) => Queue.offerAll(queue, [2, 3]))],
    ["queue", "Queue.await", Effect.flatMap(full, Queue.await)],
    ["pubsub", "PubSub.take", Effect.flatMap(Effect.flatMap(PubSub.unbounded(), PubSub.subscribe), PubSub.take)],
    [
      "pubsub",
      "PubSub.publish",
      Effect.flatMap(PubSub.bounded<number>(1), (pubsub) =>
        Effect.andThen(PubSub.subscribe(pubsub), Effect.andThen(PubSub.publish(pubsub, 1), PubSub.publish(pubsub, 2)))
      )
    ],
    ["latch", "Latch.await", Effect.flatMap(Latch.make(false), Latch.await)],
    ["latch", "Latch.whenOpen", Effect.flatMap(Latch.make(false), (latch) => latch.whenOpen(Effect.void))],
    ["semaphore", "Semaphore.take", Effect.flatMap(Semaphore.make(0), Semaphore.take(1))],
    ["semaphore", "Semaphore.withPermits", Effect.flatMap(Semaphore.make(0), (one) => one.withPermits(1)(Effect.void))],
    ["semaphore", "Semaphore.takeScoped", Effect.flatMap(Semaphore.make(0), (one) => one.takeScoped(1))],
    ["promise", "Effect.promise", Effect.promise(() => settles)],
    ["promise", "Effect.promise with a signal", Effect.promise((_signal) => settles)],
    ["promise", "Effect.tryPromise", Effect.tryPromise(() => settles)],
    ["promise", "Effect.tryPromise with a signal", Effect.tryPromise((_signal) => settles)],
    ["callback", "Effect.callback", Effect.callback<void>(() => {})],
    ["callback", "Effect.callback with a signal", Effect.callback<void>((_resume, _signal) => {})],
    ["callback", "Effect.callback that can be cancelled", Effect.callback<void>(() => Effect.sync(() => {}))],
    ["never", "Effect.never", Effect.never]
  ]
  for (const [kind, name, effect] of things) {
    it.live(`${kind}: ${name}`, () =>
      Effect.gen(function* () {
        const { dueAt, ...rest } = (yield* awaited(effect)) ?? {}
        assert.deepStrictEqual(rest, { kind })
        if (kind !== "timer") return assert.isUndefined(dueAt)
        assert.closeTo(dueAt ?? 0, performance.timeOrigin + performance.now() + 3_600_000, 5000)
      }).pipe(Effect.provide(quiet))
    )
  }

  it.live("pool: an item that somebody else has", () =>
    Effect.gen(function* () {
      const pool = yield* Pool.make({ acquire: Effect.void, size: 1 })
      yield* Pool.get(pool)
      assert.deepStrictEqual(yield* awaited(Pool.get(pool)), { kind: "pool" })
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("the end of fibers: those that it joins, interrupts, races or started itself, and its wakers", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* Effect.forkChild(Effect.never), yield* Effect.forkChild(Effect.never)]
      const stubborn = yield* Effect.forkChild(Effect.uninterruptible(Effect.sleep("20 millis")), {
        startImmediately: true
      })
      for (const [effect, ...wakers] of [
        [Fiber.join(one), one.id],
        [Fiber.await(one), one.id],
        [Fiber.joinAll([one, two]), one.id, two.id],
        [Fiber.interrupt(stubborn), stubborn.id]
      ] as const) {
        assert.deepStrictEqual(yield* awaited(effect), { kind: "fiber", wakers })
      }
      for (const effect of [
        Effect.race(Effect.never, Effect.sleep("1 hour")),
        Effect.raceFirst(Effect.never, Effect.sleep("1 hour")),
        Effect.timeout(Effect.never, "1 hour"),
        Effect.forEach([1, 2], () => Effect.never, { concurrency: "unbounded" }),
        Effect.all([Effect.never, Effect.never], { concurrency: 2 })
      ]) {
        const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
        const { fibers } = yield* Supervision.Supervision
        const children = (yield* fibers).filter(({ parentId }) => parentId === fiber.id).map(({ id }) => id)
        assert.lengthOf(children, 2)
        const awaits = (yield* infoOf(fiber))?.awaits
        assert.strictEqual(awaits?.kind, "fiber")
        assert.sameMembers([...(awaits?.wakers ?? [])], children)
        yield* Fiber.interrupt(fiber)
      }
    }).pipe(Effect.provide(quiet))
  )

  it.live("permits: their holders, if fibers hold all that are taken", () =>
    Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(3)
      const hold = (permits: number) =>
        Effect.forkChild(semaphore.withPermits(permits)(Effect.never), { startImmediately: true })
      const [one, two] = [yield* hold(1), yield* hold(2)]
      const waits = semaphore.withPermit(Effect.void)
      const awaits = yield* awaited(waits)
      const number = awaits?.semaphore
      assert.isDefined(number)
      const detail = "3 of 3 permits taken"
      assert.deepStrictEqual(awaits, { kind: "semaphore", semaphore: number, detail, wakers: [one.id, two.id] })
      yield* Fiber.interrupt(one)
      yield* semaphore.take(1)
      // one permit is nobody's: anybody may release it
      assert.deepStrictEqual(yield* awaited(waits), { kind: "semaphore", semaphore: number, detail })
      // looking has changed nothing
      yield* semaphore.release(1)
      yield* Fiber.interrupt(two)
      assert.strictEqual(yield* Effect.timeout(semaphore.withPermits(3)(Effect.succeed("free")), "1 second"), "free")
    }).pipe(Effect.provide(quiet))
  )

  it.live("a deadlock of two semaphores taken in two orders is named", () =>
    Effect.gen(function* () {
      const [a, b] = [yield* Semaphore.make(1), yield* Semaphore.make(1)]
      const both = (first: Semaphore.Semaphore, second: Semaphore.Semaphore) =>
        first.withPermit(Effect.andThen(Effect.sleep("5 millis"), second.withPermit(Effect.void)))
      const one = yield* Effect.forkChild(both(a, b).pipe(Effect.withSpan("one")))
      const two = yield* Effect.forkChild(both(b, a).pipe(Effect.withSpan("two")))
      const behind = yield* Effect.forkChild(a.withPermit(Effect.void))
      yield* Effect.sleep("40 millis")
      const { dump } = yield* Supervision.Supervision
      assert.deepStrictEqual(FiberDump.deadlocks(yield* dump), [[one.id, two.id]])
      assert.match(
        FiberDump.render(yield* dump),
        /one #\d+ {2}waiting \d+ ms for a semaphore @\d+ \(1 of 1 permits taken\) held by #/
      )
      yield* Fiber.interrupt(one)
      yield* Fiber.joinAll([two, behind])
    }).pipe(Effect.provide(quiet))
  )

  it.live("a callback that observes a fiber and other things is a callback: its other wakers are not known", () =>
    Effect.gen(function* () {
      const other = yield* Effect.forkChild(Effect.never)
      const either = Effect.callback<void>((resume) => {
        other.addObserver(() => resume(Effect.void))
      })
      assert.deepStrictEqual(yield* awaited(either), { kind: "callback" })
    }).pipe(Effect.provide(quiet))
  )

  it.live("since when, in which region, whether it is to end, and how often it gave way", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const before = performance.timeOrigin + performance.now()
      const fiber = yield* Effect.forkChild(
        Effect.gen(function* () {
          for (let times = 0; times < 5; times++) yield* Effect.yieldNow
          yield* Effect.uninterruptible(Deferred.await(gate))
        })
      )
      yield* Effect.sleep("20 millis")
      fiber.interruptUnsafe()
      const info = yield* infoOf(fiber)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(fiber)
      assert.deepInclude(info, {
        state: "waiting",
        uninterruptible: true,
        interrupting: true,
        yields: 5
      })
      assert.strictEqual(info?.awaits?.kind, "deferred")
      assert.isAtLeast(info?.since ?? 0, before)
    }).pipe(Effect.provide(quiet))
  )

  it.live("a fiber that is resumed while it registers, or that was resumed, awaits nothing of before", () =>
    Effect.gen(function* () {
      const at = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        Effect.gen(function* () {
          yield* Effect.callback<void>((resume) => {
            resume(Effect.void)
            return Effect.sync(() => {})
          })
          yield* Effect.yieldNow
          yield* Deferred.await(at)
          yield* Effect.never
        }),
        { startImmediately: true }
      )
      assert.deepInclude(yield* infoOf(fiber), { state: "ready", yields: 1 })
      assert.isUndefined((yield* infoOf(fiber))?.awaits)
      yield* Effect.sleep("5 millis")
      assert.strictEqual((yield* infoOf(fiber))?.awaits?.kind, "deferred")
      yield* Deferred.succeed(at, undefined)
      assert.deepStrictEqual((yield* infoOf(fiber))?.awaits, { kind: "never" })
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(quiet))
  )

  it.live("a deadlock of joins is named", () =>
    Effect.gen(function* () {
      const other = yield* Deferred.make<Fiber.Fiber<void>>()
      const left = Effect.flatMap(Deferred.await(other), Fiber.join).pipe(Effect.withSpan("left"))
      const first = yield* Effect.forkChild(left)
      const second = yield* Effect.forkChild(Fiber.join(first).pipe(Effect.withSpan("right")))
      yield* Deferred.succeed(other, second)
      yield* Effect.sleep("1 millis")
      const { dump } = yield* Supervision.Supervision
      const text = FiberDump.render(yield* dump)
      assert.match(text, /^deadlock: left #\d+ waits for right #\d+, which waits for left #\d+$/m)
      assert.deepStrictEqual(FiberDump.deadlocks(yield* dump), [[first.id, second.id]])
      yield* Fiber.interrupt(first)
      assert.deepStrictEqual(FiberDump.deadlocks(yield* dump), [])
    }).pipe(Effect.provide(quiet))
  )
})
