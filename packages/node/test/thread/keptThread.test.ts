/**
 * Threads that end by a fault, started again: real threads and short pauses. `restarts.test.ts` has the decisions.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Logger, Scope } from "effect"
import * as keptThread from "../../src/thread/keptThread.ts"

const entry = new URL("entry.ts", import.meta.url)

const threads = (): number => process.getActiveResourcesInfo().filter((one) => one === "MessagePort").length

/** One thread after the other, each as its data says. */
const kept = (hows: ReadonlyArray<string>, options: { readonly pauseMs?: number; readonly onAgain?: () => unknown }) =>
  Effect.gen(function* () {
    const logged: Array<string> = []
    let starts = 0
    const logger = Logger.make<unknown, void>(({ message }) => void logged.push(String(message)))
    const scope = yield* Scope.make()
    const firstPauseMs = options.pauseMs ?? 1
    const thread = yield* keptThread
      .make(entry, {
        name: "test",
        missing: "nothing is tested",
        maxHeapMb: 16,
        begin: () => ({ workerData: hows[starts++] ?? "speaks", transferList: [] }),
        ...(options.onAgain === undefined ? {} : { onAgain: options.onAgain }),
        limits: { firstPauseMs, longestPauseMs: 1000, mostEnds: 4, withinMs: 600_000 }
      })
      .pipe(Scope.provide(scope), Effect.provide(Logger.layer([logger])))
    return { thread, scope, logged, starts: () => starts }
  })

const until = (condition: () => boolean) =>
  Effect.promise(async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  })

describe("a thread", () => {
  it.live("that throws, exits, or runs out of memory is started again, and each end is told once", () =>
    Effect.gen(function* () {
      const hows = ["speaks, then throws", "speaks, then exits", "speaks, then runs out of memory"]
      let again = 0
      const { logged, scope, starts, thread } = yield* kept(hows, { onAgain: () => void again++ })
      assert.strictEqual(yield* keptThread.awaitStart(thread), "up")
      yield* until(() => again === 3)
      assert.strictEqual(starts(), 4)
      assert.lengthOf(logged, 3)
      assert.strictEqual(
        logged[0],
        "Giveway: the test thread ended: Error: broken later. It is started again in 0.001 s, and until then nothing is tested"
      )
      assert.include(logged[1]!, "exit code 4")
      assert.match(logged[2]!, /memory limit/)
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(logged, 3)
    })
  )

  it.live("that cannot start again, or starts in vain, is given up after a number of ends", () =>
    Effect.gen(function* () {
      let objections = 0
      const { logged, scope, starts, thread } = yield* kept(["speaks, then exits", "throws", "speaks"], {
        onAgain: () => `of no use ${++objections}`
      })
      yield* keptThread.awaitStart(thread)
      yield* until(() => logged.length === 4)
      assert.include(logged[1]!, "broken from the start")
      assert.include(logged[2]!, "of no use 1")
      assert.strictEqual(
        logged[3],
        "Giveway: the test thread ended: of no use 2. It ended 4 times within 10 minutes and is not started again: from now on nothing is tested. Restart the process to have it back"
      )
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(starts(), 4)
    })
  )

  it.live("whose scope closes in a pause, in a start again, or after it was given up leaves nothing", () =>
    Effect.gen(function* () {
      const before = threads()
      for (const [pauseMs, when] of [
        [60_000, () => true],
        [1, (starts: number) => starts === 2]
      ] as const) {
        const { logged, scope, starts, thread } = yield* kept(["speaks, then exits", "never speaks"], { pauseMs })
        yield* keptThread.awaitStart(thread)
        yield* until(() => logged.length === 1 && when(starts()))
        yield* Scope.close(scope, Exit.void)
        assert.isAtMost(threads(), before)
      }
    })
  )
})
