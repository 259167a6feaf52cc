/**
 * How often the watched thread is asked, with the thread's end of the port in this test.
 */
import { MessageChannel } from "node:worker_threads"
import { assert, it } from "@effect/vitest"
import * as ask from "../../src/diagnostics/ask.ts"
import type { ToMain } from "../../src/diagnostics/protocol.ts"

it("a thread makes one answer for all who ask meanwhile, and rests from dear ones, however many ask", async () => {
  const { port1: main, port2: thread } = new MessageChannel()
  const asking = ask.make({ main, isHeld: () => false })
  let tookMs = 0
  const made: Array<string> = []
  thread.on("message", ({ id, names }: ToMain) => {
    made.push(names.join())
    asking.receive(id, `{"made":${made.length}}`, tookMs)
  })
  const texts = async (count: number, name = "fibers"): Promise<ReadonlyArray<string>> =>
    (await Promise.all(Array.from({ length: count }, () => asking.ask([name], 60_000)))).map(({ text }) => String(text))
  try {
    assert.deepStrictEqual(
      await texts(100),
      Array.from({ length: 100 }, () => `{"made":1}`)
    )
    // it cost nothing, so there is a new one for the next
    tookMs = 60_000
    assert.deepStrictEqual(await texts(2), [`{"made":2}`, `{"made":2}`])
    for (let i = 0; i < 100; i++) assert.deepStrictEqual(await texts(2), [`{"made":2}`, `{"made":2}`])
    const { source } = await asking.ask(["fibers"])
    assert.strictEqual(source.from, "message")
    assert.isAbove(source.ageMs, 0)
    assert.deepStrictEqual(await texts(1, "lints"), [`{"made":3}`])
    assert.deepStrictEqual(made, ["fibers", "fibers", "lints"])
  } finally {
    main.close()
  }
})
