/**
 * The window of a worker's output. Main's part is played by the test; a real wait happens in a thread of its own.
 */
import { on } from "node:events"
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "vitest"
import * as outputCredit from "../../../src/internal/sharedMemory/outputCredit.ts"
import { unitsOf } from "../../../src/internal/worker/outputSize.ts"
import { OutputWindow } from "../../../src/internal/worker/outputWindow.ts"

const never = () => false

describe("OutputWindow", () => {
  it("lets as much go as main has room for, and again what main has taken", () => {
    const credit = outputCredit.make()
    const window = new OutputWindow(credit, 1000, "drop", never)
    assert.strictEqual(window.take(600), 600)
    assert.strictEqual(window.take(400), 400)
    assert.isUndefined(window.take(1))
    outputCredit.grant(credit, 600)
    assert.strictEqual(window.take(600), 600)
    assert.isUndefined(window.take(1))
  })

  it("lets a message that is larger than the window go alone", () => {
    const credit = outputCredit.make()
    const window = new OutputWindow(credit, 1000, "drop", never)
    assert.strictEqual(window.take(10), 10)
    assert.isUndefined(window.take(1e9))
    outputCredit.grant(credit, 10)
    assert.strictEqual(window.take(1e9), 1000)
    assert.isUndefined(window.take(1))
  })

  it("lets the ends of spans go, and counts them", () => {
    const credit = outputCredit.make()
    const window = new OutputWindow(credit, 1000, "drop", never)
    assert.strictEqual(window.force(900), 900)
    assert.strictEqual(window.force(900), 900)
    outputCredit.grant(credit, 900)
    assert.isUndefined(window.take(200))
    outputCredit.grant(credit, 900)
    assert.strictEqual(window.take(200), 200)
  })

  it("goes on when the counts of 32 bits wrap around", () => {
    const credit = outputCredit.make()
    const window = new OutputWindow(credit, 2 ** 30, "drop", never)
    for (let n = 0; n < 20; n++) {
      assert.strictEqual(window.take(2 ** 30), 2 ** 30)
      assert.isUndefined(window.take(1))
      outputCredit.grant(credit, 2 ** 30)
    }
  })

  it("does not wait for a job that is cancelled, also if it is cancelled while it waits", () => {
    const credit = outputCredit.make()
    let asked = 0
    const window = new OutputWindow(credit, 10, "suspend", () => {
      // what main does right before the worker would sleep
      outputCredit.wake(credit)
      return ++asked < 3
    })
    window.take(10)
    assert.isUndefined(window.take(10))
    assert.strictEqual(asked, 3)
  })

  it("waits as a thread until main has taken enough", async () => {
    const credit = outputCredit.make()
    const source = new URL("../../../src/internal/worker/outputWindow.ts", import.meta.url)
    const memory = new URL("../../../src/internal/sharedMemory/outputCredit.ts", import.meta.url)
    const worker = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads")
      Promise.all([import(${JSON.stringify(source.href)}), import(${JSON.stringify(memory.href)})]).then(([{ OutputWindow }, credit]) => {
        const window = new OutputWindow(credit.fromBuffer(workerData), 100, "suspend", () => true)
        for (let n = 0; n < 50; n++) parentPort.postMessage(window.take(10))
      })`,
      { eval: true, workerData: credit.buffer }
    )
    let open = 0
    let got = 0
    for await (const [units] of on(worker, "message")) {
      open += units
      assert.isAtMost(open, 100)
      if (++got === 50) break
      // it gets on only if it is granted something
      if (open === 100) {
        open -= 50
        outputCredit.grant(credit, 50)
      }
    }
    await worker.terminate()
  })
})

describe("unitsOf", () => {
  it("counts letters, bytes and values", () => {
    const short = unitsOf({ message: "a" })
    assert.isAtLeast(unitsOf({ message: "a".repeat(1000) }), short + 999)
    assert.isAtLeast(unitsOf({ message: new Uint8Array(1000) }), 1000)
    assert.isAtLeast(unitsOf(new Map([["a", "b".repeat(1000)]])), 1000)
    assert.isAtLeast(unitsOf(10n ** 100n), 1000)
  })

  it("takes what is too large to look at for a whole window", () => {
    assert.strictEqual(unitsOf(Array.from({ length: 1e6 }, () => 1)), 2 ** 30)
    assert.strictEqual(unitsOf(new Set(Array.from({ length: 1e4 }, (_, n) => n))), 2 ** 30)
    const circle: Record<string, unknown> = {}
    circle["itself"] = circle
    assert.strictEqual(unitsOf(circle), 2 ** 30)
  })
})
