/**
 * Each lint: a program that it finds, and one like it that is well.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, FiberDump, Lints, Pure, Supervision } from "@giveway/core"
import { Deferred, Effect, Fiber, Layer, Scope } from "effect"

const busy = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}
const held = (ms: number) => Effect.sync(() => busy(ms))

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const found = (lint: string) =>
  Effect.gen(function* () {
    const { lints } = yield* Supervision.Supervision
    return (yield* lints).filter((finding) => finding.lint === lint)
  })

const only = (findings: ReadonlyArray<Lints.Finding>): Lints.Finding => {
  assert.lengthOf(findings, 1, findings.join("\n"))
  return findings[0]!
}

const quiet = Effect.provide(Supervision.layer({ logs: false }))

describe("lints", () => {
  it.live("never-yielded: a fiber that computes, not one that computes as much and gives way", () =>
    Effect.gen(function* () {
      const hog = yield* Effect.forkChild(
        // many short slices do not excuse the long ones
        Effect.andThen(
          held(130).pipe(Effect.andThen(Effect.yieldNow), Effect.repeat({ times: 1 })),
          Effect.yieldNow
        ).pipe(
          Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 99 })),
          Effect.andThen(Effect.never),
          Effect.withSpan("hog")
        )
      )
      const polite = yield* Effect.forkChild(
        Effect.andThen(held(5).pipe(Effect.andThen(Effect.yieldNow), Effect.repeat({ times: 49 })), Effect.never)
      )
      yield* Effect.sleep("800 millis")
      const finding = only(yield* found("never-yielded"))
      assert.deepStrictEqual(finding.fibers, [hog.id])
      assert.match(finding.message, /^`hog` #\d+ computed for \d+ ms without giving way for 50 ms and more at a time$/)
      assert.include(finding.fix, "Compute.run")
      yield* Fiber.interruptAll([hog, polite])
    }).pipe(quiet)
  )

  it.live("self-waking: a fiber that polls, not one that computes in many slices", () =>
    Effect.gen(function* () {
      const gate = { open: false }
      const polls = yield* Effect.forkChild(
        Effect.gen(function* () {
          while (!gate.open) yield* Effect.yieldNow
        }).pipe(Effect.withSpan("polls"))
      )
      const works = yield* Effect.forkChild(Effect.forever(held(0.2)))
      // until it has polled often enough, which on a crowded machine takes its time
      for (let round = 0; round < 100 && (yield* found("self-waking")).length === 0; round++) {
        yield* Effect.sleep("200 millis")
      }
      const finding = only(yield* found("self-waking"))
      assert.deepStrictEqual(finding.fibers, [polls.id])
      assert.match(finding.message, /^`polls` #\d+ gave way \d+ times in .*, and computed for \d+ ms$/)
      gate.open = true
      yield* Fiber.interrupt(works)
    }).pipe(quiet, Effect.provide(FairScheduler.layer()))
  )

  it.live("long-batch: a convoy of the last minute", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: 300 }), () => Effect.andThen(Effect.yieldNow, held(0.5)), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.withSpan("reprice"))
      yield* Effect.sleep("100 millis")
      const finding = (yield* found("long-batch")).find(({ message }) => message.includes("reprice"))
      assert.match(finding?.message ?? "", /^`reprice` held the loop for \d+ ms with short slices/)
      assert.include(finding?.fix, "FairScheduler")
    }).pipe(quiet)
  )

  it.live("no-wake-source: a fiber that was garbage while it waited, not one that can be woken or has ended", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      // frames below this one must not hold it
      const forget = Effect.suspend(() =>
        Effect.forkDetach(
          Effect.callback<void>(() => {}).pipe(
            Effect.ensuring(Effect.sync(() => assert.fail("nobody can run this"))),
            Effect.withSpan("forgotten")
          ),
          { startImmediately: true }
        )
      )
      yield* Effect.asVoid(forget)
      const kept = yield* Effect.forkChild(Deferred.await(gate))
      yield* Effect.forkDetach(Effect.yieldNow)
      for (let round = 0; round < 20 && (yield* found("no-wake-source")).length === 0; round++) {
        yield* Effect.sleep("10 millis")
        collect()
      }
      const finding = only(yield* found("no-wake-source"))
      assert.match(finding.message, /^`forgotten` #\d+, forked by #\d+, began to wait .* its finalizers never ran$/)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(kept)
    }).pipe(quiet)
  )

  it.live(
    "leaked-fiber: one that outlived its parent and was let go, not one in a scope or whose end is observed",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const parent = Effect.gen(function* () {
          const leaked = yield* Effect.forkDetach(Effect.never.pipe(Effect.withSpan("leaked")))
          const scoped = yield* Effect.forkIn(Effect.never, scope)
          const heard = yield* Effect.forkDetach(Effect.never)
          heard.addObserver(() => {})
          yield* Effect.yieldNow
          return { leaked, scoped, heard }
        })
        const { heard, leaked } = yield* Fiber.join(yield* Effect.forkChild(parent))
        assert.deepStrictEqual(yield* found("leaked-fiber"), [])
        yield* Effect.sleep("1100 millis")
        const finding = only(yield* found("leaked-fiber"))
        assert.deepStrictEqual(finding.fibers, [leaked.id])
        assert.match(finding.message, /^`leaked` #\d+ outlived #\d+, which forked it/)
        yield* Fiber.interruptAll([leaked, heard])
        yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      }).pipe(quiet)
  )

  it.live("waits-for-cycle: a deadlock of joins, in words", () =>
    Effect.gen(function* () {
      const other = yield* Deferred.make<Fiber.Fiber<void>>()
      const left = yield* Effect.forkChild(
        Effect.flatMap(Deferred.await(other), Fiber.join).pipe(Effect.withSpan("left"))
      )
      const right = yield* Effect.forkChild(Fiber.join(left).pipe(Effect.withSpan("right")))
      yield* Deferred.succeed(other, right)
      yield* Effect.sleep("5 millis")
      const finding = only(yield* found("waits-for-cycle"))
      assert.deepStrictEqual(finding.fibers, [left.id, right.id])
      assert.match(finding.message, /^`left` #\d+ waits for `right` #\d+, which waits for `left` #\d+$/)
      yield* Fiber.interrupt(left)
    }).pipe(quiet)
  )

  it.live("uninterruptible-too-long: one that does not end although it was interrupted", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const stubborn = yield* Effect.forkChild(Effect.uninterruptible(Deferred.await(gate)), { startImmediately: true })
      yield* Effect.sleep("1100 millis")
      assert.deepStrictEqual(yield* found("uninterruptible-too-long"), [])
      stubborn.interruptUnsafe()
      const finding = only(yield* found("uninterruptible-too-long"))
      assert.deepStrictEqual(finding.fibers, [stubborn.id])
      assert.match(finding.message, /it was interrupted$/)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(stubborn)
    }).pipe(quiet)
  )

  it.live("uninterruptible-too-long: one that computes on although it is interrupted, seen in the middle of it", () =>
    Effect.gen(function* () {
      const asks = Effect.gen(function* () {
        const self = yield* Effect.fiber
        busy(1100)
        assert.deepStrictEqual(yield* found("uninterruptible-too-long"), [])
        self.interruptUnsafe()
        const finding = only(yield* found("uninterruptible-too-long"))
        assert.deepStrictEqual(finding.fibers, [self.id])
        assert.match(finding.message, /has run for \d+ ms in a region .* it was interrupted$/)
        return "told"
      })
      let told: string | undefined
      const noting = Effect.map(asks, (what) => (told = what))
      yield* Fiber.await(yield* Effect.forkChild(Effect.uninterruptible(noting), { startImmediately: true }))
      assert.strictEqual(told, "told")
    }).pipe(quiet)
  )

  it.live("pure-not-compiled: a Pure.fn function that held the loop, also in the dump", () =>
    Effect.gen(function* () {
      const spin = Pure.fn("spin", (ms: number) => busy(ms))
      const fiber = yield* Effect.forkChild(Effect.andThen(spin(60), Effect.never), { startImmediately: true })
      yield* Effect.sleep("10 millis")
      const finding = only(yield* found("pure-not-compiled"))
      assert.deepStrictEqual(finding.fibers, [fiber.id])
      assert.match(finding.message, /ran `spin` for \d+ ms in one go$/)
      assert.include(finding.fix, "--import @giveway/node/register")
      const { dump } = yield* Supervision.Supervision
      assert.include(FiberDump.render(yield* dump), `\n${finding.toString()}`)
      yield* Fiber.interrupt(fiber)
    }).pipe(quiet)
  )

  it.live("a program that is well has none, and each lint describes its mistake", () =>
    Effect.gen(function* () {
      const work = Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.andThen(held(0.2), Effect.sleep("2 millis")),
        {
          concurrency: 4
        }
      )
      yield* Effect.repeat(work, { times: 5 })
      const { lints } = yield* Supervision.Supervision
      assert.deepStrictEqual(yield* lints, [])
      assert.lengthOf(Object.values(Lints.summaries), 8)
    }).pipe(Effect.provide(Layer.fresh(Supervision.layer({ logs: false, threshold: "1 second" }))))
  )
})
