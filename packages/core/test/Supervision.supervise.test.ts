import { assert, describe, it } from "@effect/vitest"
import { FiberDump, Supervision } from "@giveway/core"
import { Cause, Clock, Context, Deferred, Effect, Exit, Fiber, Logger, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"

class Feed extends Context.Service<Feed, { readonly url: string }>()("test/Feed") {}

/** Children that say when they start and end, and fail when they are told to. */
const makeChildren = (...names: ReadonlyArray<string>) => {
  const events: Array<string> = []
  const gates = new Map<string, Deferred.Deferred<never, string>>()
  const child = (name: string): Supervision.Child => ({
    name,
    run: Effect.gen(function* () {
      events.push(`+${name}`)
      const gate = yield* Deferred.make<never, string>()
      gates.set(name, gate)
      return yield* Deferred.await(gate)
    }).pipe(Effect.onExit(() => Effect.sync(() => events.push(`-${name}`))))
  })
  const settle = Effect.gen(function* () {
    for (let i = 0; i < 20; i++) yield* Effect.yieldNow
  })
  return {
    children: names.map(child),
    settle,
    fail: (name: string, why = "boom") => Effect.andThen(Deferred.fail(gates.get(name)!, why), settle),
    take: () => events.splice(0).join(" ")
  }
}

/** Enough virtual time for what waits, and for what waits because of it. */
const pass = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.andThen(TestClock.adjust("1 millis"), Effect.yieldNow),
  { discard: true }
)

const silent = Effect.provide(Logger.layer([]))

describe("supervise", () => {
  it.effect("restarts whom the strategy says, the last stopped first", () =>
    Effect.gen(function* () {
      for (const [strategy, expected] of [
        ["one-for-one", "-b +b"],
        ["rest-for-one", "-b -c +b +c"],
        ["one-for-all", "-b -c -a +a +b +c"]
      ] as const) {
        const { children, fail, settle, take } = makeChildren("a", "b", "c")
        const tree = yield* Effect.forkChild(Supervision.supervise(children, { strategy }))
        yield* settle
        assert.strictEqual(take(), "+a +b +c")
        yield* fail("b")
        assert.strictEqual(take(), expected, strategy)
        yield* Fiber.interrupt(tree)
        assert.strictEqual(take().split(" ").length, 3)
      }
    }).pipe(silent)
  )

  it.effect("counts and waits by a clock that nobody can set", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let jumpMs = 0
      const set: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + jumpMs,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + jumpMs)
      }
      const { children, fail, settle, take } = makeChildren("a")
      const tree = yield* Effect.forkChild(
        Effect.provideService(
          Supervision.supervise(children, {
            intensity: { restarts: 2, within: "1 minute" },
            backoff: { first: "10 millis", most: "10 millis" }
          }),
          Clock.Clock,
          set
        )
      )
      yield* settle
      yield* fail("a")
      // a day back: the second restart comes after its pause, and not tomorrow
      jumpMs = -86_400_000
      yield* fail("a")
      yield* pass
      assert.strictEqual(take(), "+a -a +a -a +a")
      // two days forth: the failures of this minute are not forgotten
      jumpMs = 86_400_000
      yield* fail("a")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(tree)))
    }).pipe(silent)
  )

  it.effect("interrupts its children, the last started first, and waits for them", () =>
    Effect.gen(function* () {
      const { children, settle, take } = makeChildren("a", "b", "c")
      const tree = yield* Effect.forkChild(Supervision.supervise(children))
      yield* settle
      take()
      yield* Fiber.interrupt(tree)
      assert.strictEqual(take(), "-c -b -a")
    })
  )

  it.effect("waits before the second restart in a row, and not with the other children's", () =>
    Effect.gen(function* () {
      const { children, fail, settle, take } = makeChildren("a", "b")
      const backoff = { first: "1 second", most: "1 minute" } as const
      const tree = yield* Effect.forkChild(
        Supervision.supervise(children, { backoff, intensity: { restarts: 10, within: "1 minute" } })
      )
      yield* settle
      yield* fail("a")
      take()
      yield* fail("a")
      assert.strictEqual(take(), "-a")
      yield* fail("b")
      assert.strictEqual(take(), "-b +b")
      yield* TestClock.adjust("999 millis")
      yield* settle
      assert.strictEqual(take(), "")
      yield* TestClock.adjust("1 millis")
      yield* settle
      assert.strictEqual(take(), "+a")
      yield* Fiber.interrupt(tree)
    }).pipe(silent)
  )

  it.effect("gives up when a child needs too many restarts, and a supervisor above decides", () =>
    Effect.gen(function* () {
      const broken = Supervision.supervise([{ name: "db", run: Effect.die(new RangeError("no disk")) }], {
        name: "storage",
        intensity: { restarts: 2, within: "1 minute" },
        backoff: { first: "1 millis", most: "1 millis" }
      })
      const fiber = yield* Effect.forkChild(broken)
      yield* pass
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit))
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(error, Supervision.TooManyRestarts)
      assert.strictEqual(
        error.message,
        "storage: db needed more than 2 restarts within 60000 ms (last: RangeError: no disk). Repair what it depends on, or raise intensity"
      )
      let runs = 0
      const above = yield* Effect.forkChild(
        Supervision.supervise(
          [
            {
              name: "storage",
              run: Effect.suspend(() => {
                runs++
                return broken
              })
            }
          ],
          { intensity: { restarts: 1, within: "1 minute" } }
        )
      )
      yield* pass
      assert.strictEqual((yield* Fiber.await(above))._tag, "Failure")
      assert.strictEqual(runs, 2)
    }).pipe(silent)
  )

  it.effect("completes when no child is left, and gives each run a scope and the caller's services", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      let runs = 0
      const run = Effect.gen(function* () {
        const { url } = yield* Feed
        yield* Scope.addFinalizer(
          yield* Scope.Scope,
          Effect.sync(() => log.push("closed"))
        )
        log.push(url)
        if (++runs === 1) return yield* Effect.fail("once")
      })
      yield* Supervision.supervise([{ name: "feed", run, restart: "transient" }]).pipe(
        Effect.provideService(Feed, { url: "opened" })
      )
      assert.deepStrictEqual(log, ["opened", "closed", "opened", "closed"])
    }).pipe(silent)
  )

  it.live("shows children, restarts and back-off in dumps, logs and metrics", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { children, fail, settle } = makeChildren("feed", "index")
      const tree = yield* Supervision.supervise(children, {
        name: "ingest",
        backoff: { first: "1 minute", most: "1 hour" }
      }).pipe(Effect.withSpan("start"), Effect.provide(Logger.layer([logger])), Effect.forkChild)
      yield* settle
      yield* fail("feed")
      yield* fail("index", "first")
      yield* fail("index", "second")
      const { dump } = yield* Supervision.Supervision
      const text = FiberDump.render(yield* dump)
      assert.match(text, /feed #\d+ {2}waiting \d+ ms for .*, child of ingest, restart 1 after boom/)
      assert.match(text, /ingest: 2 children one-for-one, 3 of 3 restarts, index backs off (?:60\.0|59\.\d) s/)
      assert.deepStrictEqual(lines, [
        "ingest: feed failed (boom), restart 1 of 3 within 5000 ms",
        "ingest: index failed (first), restart 2 of 3 within 5000 ms",
        "ingest: index failed (second), restart 3 of 3 within 5000 ms, in 60.0 s"
      ])
      const metrics = yield* Metric.snapshot
      const counted = metrics.filter(({ id }) => id === "giveway_supervisor_restarts_total")
      assert.sameDeepMembers(
        counted.map(({ attributes, state }) => [attributes, "count" in state ? Number(state.count) : undefined]),
        [
          [{ supervisor: "ingest", child: "feed" }, 1],
          [{ supervisor: "ingest", child: "index" }, 2]
        ]
      )
      yield* Fiber.interrupt(tree)
    }).pipe(Effect.provide(Supervision.layer({ logs: false })), Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("refuses options that make no sense, by name", () =>
    Effect.gen(function* () {
      const child = { name: "a", run: Effect.never }
      const message = (tree: ReturnType<typeof Supervision.supervise<ReadonlyArray<Supervision.Child>>>) =>
        Effect.map(Effect.flip(Effect.sandbox(tree)), (cause) => (Cause.squash(cause) as Error).message)
      assert.strictEqual(
        yield* message(Supervision.supervise([child, child])),
        'Supervision.supervise: children[1].name is "a", but must be a name that no sibling has'
      )
      assert.strictEqual(
        yield* message(Supervision.supervise([child], { intensity: { restarts: -1, within: "1 second" } })),
        "Supervision.supervise: intensity.restarts is -1, but must be a whole number from 0"
      )
      assert.strictEqual(
        yield* message(Supervision.supervise([child], { backoff: { first: 0, most: "1 second" } })),
        `Supervision.supervise: backoff.first is 0, but must be a duration of at least 1 µs and at most 24 days, such as "100 millis"`
      )
      assert.strictEqual(
        yield* message(Supervision.supervise([child], { stratgy: "one-for-all" } as object)),
        "Supervision.supervise: stratgy is no option; did you mean strategy?"
      )
      assert.strictEqual(
        yield* message(Supervision.supervise([{ ...child, restart: "always" as "permanent" }])),
        'Supervision.supervise: children[0].restart is "always", but must be "permanent", "transient" or "temporary"'
      )
    })
  )
})
