import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as processSignals from "../../src/thread/processSignals.ts"

it.effect("the process has one listener for a signal, however many listen, and none after them", () =>
  Effect.gen(function* () {
    const before = process.listenerCount("SIGWINCH")
    const heard: Array<string> = []
    const same = () => void heard.push("same")
    const scopes = yield* Effect.replicateEffect(Scope.make(), 20)
    for (const [i, scope] of scopes.entries()) {
      const listening = processSignals.listen("SIGWINCH", i < 10 ? same : () => void heard.push(`own ${i}`))
      yield* Scope.provide(listening, scope)
    }
    assert.strictEqual(process.listenerCount("SIGWINCH"), before + 1)
    process.emit("SIGWINCH")
    assert.deepStrictEqual(heard, ["same", ...Array.from({ length: 10 }, (_, i) => `own ${i + 10}`)])
    for (const scope of scopes.slice(0, 19)) yield* Scope.close(scope, Exit.void)
    heard.length = 0
    process.emit("SIGWINCH")
    assert.deepStrictEqual(heard, ["own 19"])
    yield* Scope.close(scopes[19]!, Exit.void)
    assert.strictEqual(process.listenerCount("SIGWINCH"), before)
    // and again
    yield* Effect.scoped(processSignals.listen("SIGWINCH", same))
    assert.strictEqual(process.listenerCount("SIGWINCH"), before)
  })
)
