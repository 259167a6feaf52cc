/**
 * What `lifeline.ts` promises of Node: when it says that a worker's code has stopped, none runs any more, however the worker
 * ends and whatever it does to go on.
 */
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "vitest"
import * as lifeline from "../../src/pool/lifeline.ts"

/** Cells of the memory a worker shares with its test; the rest is for a native call to fill. */
const [beats, started] = [0, 1]

interface Ended {
  /** beats when it was said to have stopped */
  readonly stopped: number
  /** and at its exit */
  readonly exited: number
  /** the last cell when it was said to have stopped */
  readonly last: number
}

/** Runs `body` in a worker, terminates it once it has started, or lets it end by itself, and tells how it ended. */
const end = async (body: string, terminate: boolean, length = 4): Promise<Ended> => {
  const cells = new Int32Array(new SharedArrayBuffer(4 * length))
  const said = Promise.withResolvers<Omit<Ended, "exited">>()
  const line = lifeline.make(() => said.resolve({ stopped: cells[beats]!, last: cells[length - 1]! }))
  const worker = new Worker(
    `const { Worker, workerData } = require("node:worker_threads")
     const { cells } = workerData
     const beat = () => Atomics.add(cells, ${beats}, 1)
     const start = () => Atomics.store(cells, ${started}, 1)
     ${body}`,
    {
      eval: true,
      workerData: { line, cells },
      transferList: [line],
      resourceLimits: { maxOldGenerationSizeMb: 32 }
    }
  )
  worker.on("error", () => {})
  const exit = new Promise((resolve) => worker.once("exit", resolve))
  if (terminate) {
    while (cells[started] === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    void worker.terminate()
  }
  await exit
  return { ...(await said.promise), exited: cells[beats]! }
}

describe("no code runs after its end was said, of a worker that", () => {
  for (const [name, body] of Object.entries({
    "loops for ever": "start(); for (;;) beat()",
    "catches everything": "start(); for (;;) { try { for (;;) beat() } catch {} finally { for (;;) beat() } }",
    "lives in promises": "const go = async () => { start(); for (;;) { beat(); await null } }; go()",
    "lives in timers": "setInterval(() => { start(); beat() }, 0)",
    "waits for exit": 'process.on("exit", () => { for (;;) beat() }); start(); for (;;) beat()',
    "waits for the end of its line": 'workerData.line.on("close", () => { for (;;) beat() }); start(); for (;;) beat()',
    "has a worker of its own":
      'new Worker("const { workerData: cells } = require(`node:worker_threads`); Atomics.store(cells, 1, 1); for (;;) Atomics.add(cells, 0, 1)", { eval: true, workerData: cells })'
  })) {
    it(`${name}, and is terminated`, async () => {
      for (let i = 0; i < 5; i++) {
        const { exited, stopped } = await end(body, true)
        assert.strictEqual(exited, stopped)
      }
    })
  }

  for (const [name, body] of Object.entries({
    throws: "setInterval(beat, 0); setTimeout(() => { throw new Error() }, 5)",
    rejects: "setInterval(beat, 0); setTimeout(() => Promise.reject(new Error()), 5)",
    exits: 'process.on("exit", () => { for (let i = 0; i < 1e5; i++) beat() }); setTimeout(() => process.exit(1), 5)',
    "runs out of memory": "const all = []; for (;;) { beat(); all.push(new Array(1e4).fill(Math.random())) }",
    "has nothing left to do": "beat()"
  })) {
    it(`${name}`, async () => {
      const { exited, stopped } = await end(body, false)
      assert.isAbove(stopped, 0)
      assert.strictEqual(exited, stopped)
    })
  }
})

it("a native call is over when that is said", async () => {
  const cells = 2 ** 25
  for (let i = 0; i < 3; i++) {
    const { last } = await end("start(); cells.fill(7, 4)", true, cells)
    assert.strictEqual(last, 7)
  }
})
