/**
 * The fields of Effect that `entries.ts` and `layerBuilds.ts` read. The first half fails if a version of Effect lacks one of
 * them or uses it otherwise; the second half shows what is lost then.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import * as entries from "../../../src/internal/scheduler/entries.ts"
import { LayerBuilds } from "../../../src/internal/scheduler/layerBuilds.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Asks `question` before each operation of a fiber. */
class Asking<A> extends Scheduler.MixedScheduler {
  readonly answers: Array<A> = []
  private readonly question: (fiber: AnyFiber) => A

  constructor(question: (fiber: AnyFiber) => A) {
    super()
    this.question = question
  }

  override shouldYield(fiber: AnyFiber): boolean {
    if (fiber.currentOpCount === 1) this.answers.push(this.question(fiber))
    return super.shouldYield(fiber)
  }
}

describe("this version of Effect has the fields that the scheduler reads:", () => {
  it("`_stack` tells a fiber that is born from one that is resumed", async () => {
    const scheduler = new Asking(entries.isBorn)
    const program = Effect.map(
      Effect.promise(() => Promise.resolve(1)),
      (n) => n + 1
    )
    assert.strictEqual(await Effect.runPromise(program, { scheduler }), 2)
    assert.deepStrictEqual(scheduler.answers, [true, false])
  })

  it("`_interruptedCause` tells that it was interrupted", () => {
    const fiber = Effect.runFork(Effect.never)
    assert.isFalse(entries.isInterrupted(fiber))
    fiber.interruptUnsafe()
    assert.isTrue(entries.isInterrupted(fiber))
  })

  it("`_running`, `_exit` and the context tell whether it is on the call stack", () => {
    const told: Array<boolean> = []
    const callback: { resume?: () => void } = {}
    const awaited = Effect.callback<void>((resume) => void (callback.resume = () => resume(Effect.void)))
    const fiber = Effect.runFork(
      Effect.andThen(
        Effect.withFiber((self) => Effect.sync(() => void told.push(entries.isOnStack(self)))),
        awaited
      ),
      // as under `FairScheduler`, so that the context is not empty while the fiber lives
      { scheduler: new Scheduler.MixedScheduler() }
    )
    assert.deepStrictEqual(told, [true])
    assert.isFalse(entries.isOnStack(fiber))
    fiber.addObserver(() => told.push(entries.isOnStack(fiber)))
    callback.resume!()
    assert.deepStrictEqual(told, [true, true])
    assert.isFalse(entries.isOnStack(fiber))
  })

  it("the entries of a memo map tell that a layer is being built", async () => {
    const builds = new LayerBuilds()
    const isBuilding = Effect.withFiber((fiber) => Effect.sync(() => builds.isBuilding(fiber)))
    assert.isFalse(await Effect.runPromise(isBuilding))
    const seen: Array<boolean> = []
    const layer = Layer.effectDiscard(Effect.map(isBuilding, (answer) => void seen.push(answer)))
    const looks = Effect.replicateEffect(isBuilding, 100)
    const after = await Effect.runPromise(Effect.provide(looks, layer))
    assert.deepStrictEqual(seen, [true])
    assert.isFalse(after.at(-1))
  })
})

describe("without these fields", () => {
  const fiber = { currentOpCount: 1, context: Context.empty() } as unknown as AnyFiber

  it("each fiber counts as resumed, as not interrupted and as not on the call stack", () => {
    assert.isFalse(entries.isBorn(fiber))
    assert.isFalse(entries.isInterrupted(fiber))
    assert.isFalse(entries.isOnStack(fiber))
  })

  it("no fiber counts as building a layer", () => {
    const builds = new LayerBuilds()
    for (const memoMap of [{}, { map: [] }, { map: new Map([["layer", {}]]) }]) {
      const context = Context.make(Layer.CurrentMemoMap, memoMap as unknown as Layer.MemoMap)
      assert.isFalse(builds.isBuilding({ ...fiber, context } as AnyFiber))
    }
  })
})
