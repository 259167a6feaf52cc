import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, FiberDump, Supervision } from "@giveway/core"
import { Deferred, Effect, Fiber, Layer, Logger, Scheduler, Stream } from "effect"
import * as ownFibers from "../src/internal/fibers/ownFibers.ts"
import { runOwn } from "../src/internal/watched/allowances.ts"

const busy = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}
const held = (ms: number) => Effect.sync(() => busy(ms))

const find = (name: string) =>
  Effect.gen(function* () {
    const { fibers } = yield* Supervision.Supervision
    const found = (yield* fibers).filter((fiber) => fiber.name === name)
    assert.lengthOf(found, 1, `fibers named ${name}`)
    return found[0]!
  })

const quiet = Supervision.layer({ logs: false })

// a machine that is busy with others cuts slices in between
describe("the registry", { retry: 1 }, () => {
  it.live("knows who forked a fiber, also one that is nobody's child, and forgets it when it ends", () =>
    Effect.gen(function* () {
      const me = Effect.map(Effect.fiber, ({ id }) => id)
      const gate = yield* Deferred.make<void>()
      const waits = (name: string) => Deferred.await(gate).pipe(Effect.withSpan(name))
      const parentId = yield* me
      const fibers = [
        yield* Effect.forkChild(waits("child")),
        yield* Effect.forkDetach(waits("detached")),
        yield* Effect.forkScoped(waits("scoped")),
        yield* Effect.forkChild(waits("immediate"), { startImmediately: true })
      ]
      yield* Effect.yieldNow
      for (const name of ["child", "detached", "scoped", "immediate"]) {
        assert.deepInclude(yield* find(name), { parentId, state: "waiting", slices: 1 }, name)
      }
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(fibers)
      const { fibers: left } = yield* Supervision.Supervision
      const ids = (yield* left).map(({ id }) => id)
      for (const { id } of fibers) assert.notInclude(ids, id)
    }).pipe(Effect.scoped, Effect.provide(quiet))
  )

  it.live("has a fiber that ran before it, from its first wait on, with its children", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const look = Effect.sleep("5 millis").pipe(
        Effect.andThen(Effect.all([find("before"), find("its child")])),
        Effect.ensuring(Deferred.succeed(gate, undefined)),
        Effect.withSpan("looking")
      )
      const [before, child] = yield* Effect.gen(function* () {
        const looking = yield* Effect.forkChild(look)
        yield* Effect.forkChild(Deferred.await(gate).pipe(Effect.withSpan("its child")))
        yield* Deferred.await(gate)
        return yield* Fiber.join(looking)
        // built in this fiber's own slice, which began without it
      }).pipe(Effect.provide(quiet), Effect.withSpan("before"), Effect.runPromise, (found) =>
        Effect.promise(() => found)
      )
      assert.deepInclude(before, { state: "waiting" })
      assert.strictEqual(before.awaits?.kind, "deferred")
      assert.strictEqual(child.parentId, before.id)
    })
  )

  it.live("tells a fiber that gave way from one that waits and one that runs", () =>
    Effect.gen(function* () {
      const states = yield* Effect.gen(function* () {
        yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("waits")))
        yield* Effect.forkChild(Effect.forever(Effect.yieldNow).pipe(Effect.withSpan("gives way")))
        yield* Effect.yieldNow
        return [(yield* find("waits")).state, (yield* find("gives way")).state, (yield* find("runs")).state]
      }).pipe(Effect.withSpan("runs"))
      assert.deepStrictEqual(states, ["waiting", "ready", "running"])
    }).pipe(Effect.provide(quiet))
  )

  it.live("counts the time that a fiber runs itself, not that of a child inside its slice", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const child = Effect.gen(function* () {
        yield* held(60)
        yield* Deferred.await(gate)
      }).pipe(Effect.withSpan("child"))
      const parent = Effect.gen(function* () {
        yield* held(10)
        yield* Effect.forkChild(child, { startImmediately: true })
        yield* Deferred.await(gate)
      }).pipe(Effect.withSpan("parent"))
      yield* Effect.forkChild(parent, { startImmediately: true })
      const [childMs, parentMs] = [(yield* find("child")).selfMs, (yield* find("parent")).selfMs]
      assert.isAtLeast(childMs, 60)
      assert.isAtLeast(parentMs, 10)
      assert.isBelow(parentMs, childMs)
      assert.strictEqual((yield* find("child")).parentId, (yield* find("parent")).id)
    }).pipe(Effect.provide(quiet))
  )

  it.live("accounts by name, and tells a wake from a yield", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const work = Effect.fn("work")(function* () {
        yield* held(5)
        yield* Effect.yieldNow
        yield* Effect.yieldNow
        yield* Deferred.await(gate)
        yield* held(5)
        yield* Effect.never
      })
      const { usage } = yield* Supervision.Supervision
      const before = (yield* usage).find(({ name }) => name === "work")
      yield* Effect.forkChild(work())
      const awaiting = (kind: "deferred" | "never") =>
        Effect.repeat(Effect.delay(find("work"), "5 millis"), { until: ({ awaits }) => awaits?.kind === kind })
      yield* awaiting("deferred")
      yield* Deferred.succeed(gate, undefined)
      const fiber = yield* awaiting("never")
      assert.strictEqual(fiber.wakes, 1)
      // what held the loop for 5 ms was made to give way too
      assert.isAtLeast(fiber.yields!, 2)
      assert.strictEqual(fiber.slices, 1 + fiber.yields! + 1)
      const after = (yield* usage).find(({ name }) => name === "work")!
      assert.isUndefined(before)
      assert.isAtLeast(after.selfMs, 10)
      assert.isAtLeast(after.longestMs, 5)
      assert.isAtLeast(after.queued, 2)
      assert.isAtLeast(after.slices, 3)
    }).pipe(Effect.provide(quiet), Effect.provide(FairScheduler.layer()))
  )

  it.live("counts the run delay under FairScheduler", () =>
    Effect.gen(function* () {
      const turns = Effect.yieldNow.pipe(
        Effect.repeat({ times: 4 }),
        Effect.andThen(Effect.never),
        Effect.withSpan("delayed")
      )
      yield* Effect.forkChild(turns, { startImmediately: true })
      yield* Effect.forkChild(held(4).pipe(Effect.andThen(Effect.yieldNow), Effect.repeat({ times: 9 })))
      yield* Effect.sleep("100 millis")
      const { runDelayMs, slices, selfMs } = yield* find("delayed")
      assert.isAtLeast(slices, 6)
      assert.isAbove(runDelayMs, selfMs)
    }).pipe(Effect.provide(quiet), Effect.provide(FairScheduler.layer()))
  )

  it.live("counts to no fiber what runs between two slices: exit observers, other tasks, callbacks of the host", () =>
    Effect.gen(function* () {
      const scheduler = yield* Effect.service(Scheduler.Scheduler)
      yield* Effect.forkChild(Effect.forever(Effect.yieldNow).pipe(Effect.withSpan("innocent")))
      for (let i = 0; i < 5; i++) {
        const ends = yield* Effect.forkChild(Effect.void)
        ends.addObserver(() => busy(20))
        scheduler.makeDispatcher().scheduleTask(() => busy(20), 0)
        yield* Effect.sleep("5 millis")
        setTimeout(() => busy(20), 1)
        yield* Effect.sleep("5 millis")
      }
      const { selfMs } = yield* find("innocent")
      assert.isBelow(selfMs, (5 * 3 * 20) / 4)
    }).pipe(Effect.provide(quiet), Effect.provide(FairScheduler.layer()))
  )

  it.live("is that of the thread: a second supervision sees the same, and the first goes on when it is over", () =>
    Effect.gen(function* () {
      yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("before")))
      yield* Effect.yieldNow
      yield* find("before").pipe(Effect.provide(Layer.fresh(quiet)))
      yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("after")))
      yield* Effect.yieldNow
      yield* find("after")
      assert.isTrue((yield* (yield* Supervision.Supervision).statistics).hooked)
    }).pipe(Effect.provide(quiet))
  )

  it.live("is part of the dump", () =>
    Effect.gen(function* () {
      const { dump } = yield* Supervision.Supervision
      const text = FiberDump.render(yield* dump)
      assert.match(text, /asks #\d+ {2}running \d+ ms, .*self \d+ ms in \d+ slices?/)
    }).pipe(Effect.withSpan("asks"), Effect.provide(quiet))
  )
})

describe("Giveway's own fibers", () => {
  it.live("are marked, counted in a dump but not shown, and not linted", () =>
    Effect.gen(function* () {
      yield* Effect.sleep("1200 millis")
      const { dump, fibers, lints } = yield* Supervision.Supervision
      const own = (yield* fibers).filter((fiber) => fiber.own === true)
      assert.deepStrictEqual(
        own.map(({ name }) => name),
        ["giveway: logs"]
      )
      const text = FiberDump.render(yield* dump)
      assert.match(text, /^1 fiber, and 1 of Giveway's own\n└─ asks #\d+/)
      assert.notInclude(text, "giveway:")
      assert.deepStrictEqual(yield* lints, [])
    }).pipe(Effect.withSpan("asks"), Effect.provide(quiet))
  )

  it.live("lend their name to no fiber of the program that builds the layer", () =>
    Effect.gen(function* () {
      const { recent } = yield* Supervision.Supervision
      // its slice begins in a layer of Giveway's, and goes on in the program
      yield* ownFibers.as("start")(Effect.sleep("5 millis"))
      yield* held(80)
      yield* Effect.sleep("20 millis")
      const stall = (yield* recent).at(-1)!
      assert.isUndefined(stall.allowed)
      assert.isNumber(stall.hog.fiberId)
      assert.isUndefined(stall.hog.name)
    }).pipe(Effect.provide(quiet))
  )

  it.live("and times of Giveway's own are named, and blame no fiber", () =>
    Effect.gen(function* () {
      const { recent } = yield* Supervision.Supervision
      yield* Effect.sleep("5 millis")
      yield* Effect.sync(() => runOwn(() => busy(80)))
      yield* Effect.forkChild(ownFibers.as("serving")(Effect.andThen(Effect.sleep("5 millis"), held(80))))
      yield* Effect.sleep("120 millis")
      const texts = (yield* recent).map((stall) => String(stall).replace(/\d+ ms/, "80 ms"))
      assert.include(
        texts,
        "Giveway's own start held the loop for 80 ms: it happens once, and the program is not to blame"
      )
      assert.include(
        texts,
        "Giveway's own work (`giveway: serving`) held the loop for 80 ms: the program is not to blame"
      )
      assert.isTrue((yield* recent).every(({ hog }) => hog.fiberId === undefined))
    }).pipe(Effect.withSpan("asks"), Effect.provide(quiet))
  )
})

describe("without a watcher", () => {
  it.live("a stall is published and logged when it is over", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel} ${String(message)}`)
    })
    return Effect.gen(function* () {
      const { recent, starvation, statistics } = yield* Supervision.Supervision
      // a busy machine may make others
      const resampling = starvation.pipe(
        Stream.filter((stall) => stall.hog.name === "resample"),
        Stream.take(1)
      )
      const first = yield* Effect.forkChild(Stream.runCollect(resampling), { startImmediately: true })
      const hog = yield* Effect.forkChild(held(80).pipe(Effect.withSpan("resample")))
      const [stall] = yield* Fiber.join(first)
      assert.deepInclude(stall, { cause: "slice", live: false, samples: 0 })
      assert.deepInclude(stall!.hog, { fiberId: hog.id, name: "resample", place: undefined, late: false })
      assert.isAtLeast(stall!.durationMs, 80)
      yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(
        (yield* recent).filter(({ hog }) => hog.name === "resample"),
        [stall]
      )
      assert.isAtLeast((yield* statistics).stalls, 1)
      const told = lines.filter((line) => line.includes("resample"))
      assert.lengthOf(told, 1)
      assert.match(told[0]!, /^Warn `resample` \(fiber #\d+\) held the loop for \d+ ms: run it with Compute\.run/)
    }).pipe(Effect.provide(Supervision.layer({ grace: 0 })), Effect.provide(Logger.layer([logger])))
  })

  it.live("the victims of a slice are known under FairScheduler", () =>
    Effect.gen(function* () {
      const { starvation } = yield* Supervision.Supervision
      const first = yield* Effect.forkChild(Stream.runCollect(Stream.take(starvation, 1)), { startImmediately: true })
      yield* Effect.yieldNow
      yield* Effect.forkChild(held(80))
      for (let victim = 0; victim < 5; victim++) yield* Effect.forkChild(Effect.void)
      const [stall] = yield* Fiber.join(first)
      assert.isAtLeast(stall!.victims?.ready ?? 0, 5)
      assert.isAtLeast(stall!.victims?.longestWaitMs ?? 0, 80)
    }).pipe(Effect.provide(quiet), Effect.provide(FairScheduler.layer()))
  )
})

it.live("a logger that throws costs its line, and no later stall", () =>
  Effect.gen(function* () {
    let calls = 0
    const throwing = Logger.make(() => {
      calls++
      throw new Error("no disk")
    })
    const layer = Layer.provide(Supervision.layer({ threshold: "20 millis", grace: 0 }), Logger.layer([throwing]))
    const published = yield* Effect.gen(function* () {
      const { starvation } = yield* Supervision.Supervision
      const two = yield* Effect.forkChild(Stream.runCollect(Stream.take(starvation, 2)), { startImmediately: true })
      for (const _ of [1, 2]) yield* Effect.andThen(held(40), Effect.sleep("20 millis"))
      return yield* Fiber.join(two)
    }).pipe(Effect.provide(layer))
    assert.strictEqual(published.length, 2)
    assert.isAtLeast(calls, 1)
  })
)
