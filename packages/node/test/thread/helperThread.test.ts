import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Scope } from "effect"
import { once } from "node:events"
import * as helperThread from "../../src/thread/helperThread.ts"

const entry = new URL("entry.ts", import.meta.url)

const make = (...parameters: ConstructorParameters<typeof helperThread.HelperThread>) =>
  Effect.acquireRelease(
    Effect.sync(() => new helperThread.HelperThread(...parameters)),
    (thread) => Effect.callback<void>((resume) => thread.stop(() => resume(Effect.void)))
  )

const started = (how: string, onLost: (cause: unknown) => void = () => undefined, startMs = 20_000) =>
  make(entry, {
    name: "test",
    workerData: how,
    transferList: [],
    maxHeapMb: 32,
    onLost,
    limits: { startMs, endMs: 300 }
  })

const threads = (): number => process.getActiveResourcesInfo().filter((one) => one === "MessagePort").length

const afterMs = (ms: number) => Effect.promise(() => new Promise((resolve) => setTimeout(resolve, ms)))

const causeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : "it started"

describe("a thread of Giveway's own", () => {
  it.live("gives its first word, however late somebody waits for it, and ends with its scope", () =>
    Effect.gen(function* () {
      const before = threads()
      const scope = yield* Scope.make()
      const thread = yield* Scope.provide(started("speaks"), scope)
      // the loop turns meanwhile, and the word comes
      yield* afterMs(1500)
      assert.strictEqual(yield* helperThread.awaitStart(thread), "up")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(threads(), before)
    })
  )

  it.live("is given up if it never speaks", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.scoped(Effect.flatMap(started("never speaks", undefined, 200), helperThread.awaitStart))
      )
      assert.include(causeOf(exit), "did not start within 200 ms")
    })
  )

  for (const [how, cause] of [
    ["throws", "broken from the start"],
    ["exits", "exit code 3"]
  ] as const) {
    it.live(`has a cause if it ${how} before its first word`, () =>
      Effect.gen(function* () {
        const lost: Array<unknown> = []
        const exit = yield* Effect.exit(
          Effect.scoped(
            Effect.flatMap(
              started(how, (cause) => lost.push(cause)),
              helperThread.awaitStart
            )
          )
        )
        assert.include(causeOf(exit), cause)
        assert.deepStrictEqual(lost, [])
      })
    )
  }

  for (const [how, cause] of [
    ["speaks, then throws", "broken later"],
    ["speaks, then exits", "exit code 4"]
  ] as const) {
    it.live(`is lost once if it ${how}`, () =>
      Effect.gen(function* () {
        const lost: Array<string> = []
        const scope = yield* Scope.make()
        const thread = yield* Scope.provide(
          started(how, (cause) => lost.push(String(cause))),
          scope
        )
        assert.strictEqual(yield* helperThread.awaitStart(thread), "up")
        while (lost.length === 0) yield* afterMs(20)
        yield* Scope.close(scope, Exit.void)
        assert.lengthOf(lost, 1)
        assert.include(lost[0]!, cause)
      })
    )
  }

  it.live("that native code holds is waited for no longer than its limit, with a warning", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const thread = yield* Scope.provide(started("speaks, then is held by native code"), scope)
      yield* helperThread.awaitStart(thread)
      yield* afterMs(100)
      const warned = once(process, "warning")
      const begun = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - begun, 2000)
      const [warning] = yield* Effect.promise(() => warned)
      assert.include(String(warning), "the thread test has not ended 300 ms after it was stopped")
    })
  )

  it.live("that cannot be made has the error of Node as its cause, and ends at once", () =>
    Effect.gen(function* () {
      const refused = make(new URL("http://localhost/entry.ts"), {
        name: "test",
        workerData: undefined,
        transferList: [],
        maxHeapMb: 32,
        onLost: () => undefined
      })
      const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(refused, helperThread.awaitStart)))
      assert.include(causeOf(exit), "must be")
    })
  )

  it.live("runs none of the program's preloads", () =>
    Effect.gen(function* () {
      const { NODE_OPTIONS } = process.env
      process.env["NODE_OPTIONS"] = "--import=data:text/javascript,throw"
      const word = yield* Effect.ensuring(
        Effect.scoped(Effect.flatMap(started("tells its options"), helperThread.awaitStart)),
        Effect.sync(() => {
          if (NODE_OPTIONS === undefined) delete process.env["NODE_OPTIONS"]
          else process.env["NODE_OPTIONS"] = NODE_OPTIONS
        })
      )
      assert.deepStrictEqual(word, { execArgv: ["--conditions=giveway-source"], nodeOptions: undefined })
    })
  )
})
