/**
 * What one job leaves behind on its worker harms no other job.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Effect, Fiber } from "effect"
import { pool, shared, worksOn } from "../pool.ts"
import { echo, where } from "../tasks/jobs.ts"
import * as jobs from "../tasks/misbehaving.ts"

describe("what fails after its job is over", () => {
  for (const kind of jobs.kinds) {
    it.live(`fails no other job: ${kind}`, () =>
      Effect.gen(function* () {
        const memory = shared()
        const worker = yield* Compute.run(jobs.leaves, { shared: memory, kind, waits: false })
        const innocent = yield* Effect.forkChild(Compute.run(jobs.innocent, memory))
        const next = yield* Effect.forkChild(Compute.run(where, undefined))
        Atomics.store(new Int32Array(memory), jobs.Cell.go, 1)
        assert.strictEqual(yield* Fiber.join(innocent), worker)
        // its worker is not used again
        assert.notStrictEqual(yield* Fiber.join(next), worker)
      }).pipe(pool(), Effect.timeout(20_000))
    )
  }
})

/** Three in a row: after three ends of workers that could do nothing a pool gives its jobs up. */
const ends = ["setImmediate(() => process.exit(3))", "process.exit(3)", "JSON.parse = () => ({})"]

it.live.each(ends)("three jobs that end the only worker fail none of the others: %s", (code) =>
  Effect.gen(function* () {
    const calls = Array.from({ length: 12 }, (_, n) =>
      n % 4 === 0
        ? Effect.as(Effect.ignore(Compute.run(jobs.evaluates, code)), n)
        : Effect.orElseSucceed(Compute.run(echo, n), () => undefined)
    )
    assert.deepStrictEqual(
      yield* Effect.all(calls, { concurrency: "unbounded" }),
      Array.from({ length: 12 }, (_, n) => n)
    )
  }).pipe(pool(), Effect.timeout(30_000))
)

it.live("what a job that still runs has left behind ends that job", () =>
  Effect.forEach(jobs.kinds.slice(0, 2), (kind) =>
    Effect.gen(function* () {
      const memory = shared()
      Atomics.store(new Int32Array(memory), jobs.Cell.go, 1)
      const error = yield* Effect.flip(Compute.run(jobs.leaves, { shared: memory, kind, waits: true }))
      assert.instanceOf(error, Compute.JobDied)
      assert.include(error.message, `left behind: ${kind}`)
    })
  ).pipe(pool(), Effect.timeout(20_000))
)

it.live("each job begins in a clean async context", () =>
  Effect.gen(function* () {
    const before: Array<string | null> = []
    for (let n = 0; n < 40; n++) {
      before.push(yield* Compute.run(jobs.enters, { name: `tenant ${n}`, yields: n % 2 === 0 }))
    }
    const together = Effect.forEach(
      Array.from({ length: 40 }, (_, n) => n),
      (n) => Compute.run(jobs.enters, { name: `tenant ${n}`, yields: n % 3 === 0 }),
      { concurrency: "unbounded" }
    )
    assert.deepStrictEqual(
      [...before, ...(yield* together)],
      Array.from({ length: 80 }, () => null)
    )
  }).pipe(pool())
)

/** What a job may do to the globals of its worker: none of it is needed by the worker's loop. */
const harmless: ReadonlyArray<string> = [
  "process.nextTick = () => {}",
  "process.exit = () => {}",
  "try { Atomics.load = () => 0 } catch {}; try { Atomics.compareExchange = () => 0 } catch {}",
  "process.removeAllListeners()",
  "process.stdout.removeAllListeners(); process.stdout.destroy()",
  "const { parentPort } = process.getBuiltinModule('node:worker_threads'); parentPort.close()",
  "const { parentPort } = process.getBuiltinModule('node:worker_threads'); parentPort.unref(); parentPort.removeAllListeners()",
  "const { MessagePort } = process.getBuiltinModule('node:worker_threads'); for (const name of ['postMessage', 'on', 'ref', 'close']) MessagePort.prototype[name] = () => {}",
  "const { workerData } = process.getBuiltinModule('node:worker_threads'); for (const key in workerData) if (key !== 'kind') throw new Error(key)",
  "const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks'); AsyncLocalStorage.prototype.run = () => {}; AsyncLocalStorage.snapshot = () => {}",
  "for (const value of [undefined, 0, 'text', {}, { _tag: 'Done', job: 1, outcome: { _tag: 'Success', value: 7 } }]) process.getBuiltinModule('node:worker_threads').parentPort.postMessage(value)"
]

it.live("a worker on which a job has broken the language is replaced", () =>
  Effect.gen(function* () {
    for (const code of ["Array.prototype.push = () => { throw new Error('broken') }", "Map.prototype.get = () => {}"]) {
      yield* Effect.ignore(Compute.run(jobs.evaluates, code))
      // until the worker looks again
      yield* Effect.sleep(50)
      for (let n = 0; n < 3; n++) yield* worksOn
    }
  }).pipe(pool(), Effect.timeout(20_000))
)

/** Each would change what the next job is given, or what it gives back, without an error. */
const wrongs = [
  "Array.prototype[Symbol.iterator] = function* () {}",
  "Object.getPrototypeOf([].values()).next = () => ({ done: true })",
  "JSON.parse = () => ({}); JSON.stringify = () => '{}'",
  "Object.keys = () => []; Object.entries = () => []",
  "Array.prototype.map = () => []; Array.isArray = () => false",
  "Map.prototype.get = () => 7; Map.prototype.has = () => true",
  "globalThis.setTimeout = () => {}; delete globalThis.structuredClone; globalThis.queueMicrotask = () => {}",
  "performance.now = () => 0; Date.now = () => 0; globalThis.setImmediate = () => {}",
  "Buffer.prototype.toString = () => ''; DataView.prototype.getInt32 = () => 7"
]

it.live.each(wrongs)("no job reads or gives another value, right after one that did: %s", (code) =>
  Effect.gen(function* () {
    yield* Effect.forkChild(Effect.ignore(Compute.run(jobs.evaluates, code)))
    const sent = Array.from({ length: 20 }, (_, n) => ({ n, list: [n, [n + 1], { text: String(n) }] }))
    const got = yield* Effect.forEach(sent, (payload) => Compute.run(echo, payload), { concurrency: 20 })
    assert.deepStrictEqual(got, sent)
  }).pipe(pool(), Effect.timeout(20_000))
)

it.live("a job that replaces what the worker's loop needs holds up no other", () =>
  Effect.gen(function* () {
    for (const code of harmless) {
      yield* Compute.run(jobs.evaluates, code)
      for (let n = 0; n < 3; n++) yield* worksOn
    }
  }).pipe(pool({ minWorkers: 1 }), Effect.timeout(20_000))
)
