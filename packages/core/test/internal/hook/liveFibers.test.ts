/**
 * A snapshot with a limit, of more fibers than it may hold.
 */
import { assert, it } from "@effect/vitest"
import { FiberDump, Supervision } from "@giveway/core"
import { Effect, Semaphore } from "effect"
import * as fiberHook from "../../../src/internal/hook/fiberHook.ts"
import * as liveFibers from "../../../src/internal/hook/liveFibers.ts"

/** Each fiber forks two, so that most parents are among the youngest but a generation. */
const tree = (depth: number): Effect.Effect<never> =>
  depth === 0
    ? Effect.never.pipe(Effect.withSpan("leaf"))
    : Effect.forkChild(tree(depth - 1)).pipe(
        Effect.andThen(Effect.forkChild(tree(depth - 1))),
        Effect.andThen(Effect.never),
        Effect.withSpan("branch")
      )

const features = Effect.acquireRelease(
  Effect.sync(() => fiberHook.install()!),
  () => Effect.sync(() => fiberHook.uninstall())
)

const quiet = Supervision.layer({ logs: false })

it.live("takes the oldest fibers, with the parents of all, and counts the others by name", () =>
  Effect.gen(function* () {
    const known = yield* features
    yield* Effect.forkChild(tree(8))
    const grown = Effect.sync(() => liveFibers.snapshot(known).fibers)
    const leaves = (infos: ReadonlyArray<{ readonly name: string | undefined }>): number =>
      infos.filter(({ name }) => name === "leaf").length
    const all = yield* Effect.repeat(Effect.delay(grown, "5 millis"), { until: (infos) => leaves(infos) === 2 ** 8 })
    const { fibers, left } = liveFibers.snapshot(known, { fibers: 100, letters: 2 ** 26 })
    assert.isUndefined(liveFibers.snapshot(known, { fibers: 10_000, letters: 2 ** 26 }).left)
    assert.strictEqual(fibers.length + left!.fibers, all.length)
    const [taken, live] = [fibers, all].map((infos) => new Set(infos.map(({ id }) => id)))
    for (const { parentId } of fibers) {
      if (parentId !== undefined && live!.has(parentId)) assert.isTrue(taken!.has(parentId))
    }
    assert.strictEqual(left!.names[0]?.name, "leaf")
    const counted = left!.names.reduce((sum, { fibers }) => sum + fibers, 0)
    assert.strictEqual(counted, left!.fibers)
    const text = FiberDump.render(new FiberDump.FiberDump({ takenAt: Date.now() + 5000, fibers, left }))
    assert.match(text, /^and \d+ more, the newest, which are left out: \d+ of `leaf`/m)
    assert.notInclude(text, "leaked-fiber")
  }).pipe(Effect.provide(quiet))
)

it.live("has few fibers if these are long: the waiters of a semaphore that many hold", () =>
  Effect.gen(function* () {
    const known = yield* features
    const semaphore = yield* Semaphore.make(500)
    const forked = (count: number) =>
      Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(semaphore.withPermits(1)(Effect.never)))
    yield* forked(500)
    yield* forked(500)
    const waiting = Effect.sync(
      () => liveFibers.snapshot(known).fibers.filter(({ awaits }) => awaits !== undefined).length
    )
    yield* Effect.repeat(Effect.delay(waiting, "5 millis"), { until: (count) => count >= 500 })
    const letters = 1_000_000
    const { fibers, left } = liveFibers.snapshot(known, { fibers: 10_000, letters })
    assert.isAbove(left!.fibers, 100)
    assert.isBelow(JSON.stringify(fibers).length, letters)
  }).pipe(Effect.provide(quiet))
)
