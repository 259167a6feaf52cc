/**
 * What a task's schema asks to transfer moves: it is gone where it was, and was not copied.
 */
import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Duration, Effect, Fiber, Option, Stream } from "effect"
import { pool, worksOn } from "../pool.ts"
import * as tasks from "../tasks/transfers.ts"

const bytes = (length = 1024, value = 1) => new Uint8Array(length).fill(value)
const isGone = (view: Uint8Array) => (view.buffer as ArrayBuffer & { readonly detached: boolean }).detached

describe("what moves", () => {
  it.live("is gone here, whole there, and comes back as the result", () =>
    Effect.gen(function* () {
      const sent = bytes(4096)
      const back = yield* Compute.run(tasks.there, sent)
      assert.isTrue(isGone(sent))
      assert.deepStrictEqual([back.length, back[0], back[4095]], [4096, 7, 1])
      // small things too, which a task that copies writes into the ring
      const small = bytes(4)
      assert.strictEqual(yield* Compute.run(tasks.total, small), 4)
      assert.isTrue(isGone(small))
    }).pipe(pool())
  )

  it.live("stays here if the schema does not ask", () =>
    Effect.gen(function* () {
      const sent = bytes(4096)
      assert.strictEqual(yield* Compute.run(tasks.totalOfCopy, sent), 4096)
      assert.isFalse(isGone(sent))
    }).pipe(pool())
  )

  it.live("moves beside fields that go through their JSON codec", () =>
    Effect.gen(function* () {
      const pixels = bytes(100)
      const payload = { label: Option.some("a"), image: { pixels } }
      assert.strictEqual(yield* Compute.run(tasks.labelled, payload), "a 100")
      assert.isTrue(isGone(pixels))
    }).pipe(pool())
  )

  it.live("may be named twice", () =>
    Effect.gen(function* () {
      const buffer = new ArrayBuffer(16)
      const payload = { first: new Uint8Array(buffer, 0, 8), second: new Uint8Array(buffer, 8) }
      assert.isTrue(yield* Compute.run(tasks.views, payload))
    }).pipe(pool())
  )

  it.live("is shared if threads share its memory", () =>
    Effect.gen(function* () {
      const shared = new Uint8Array(new SharedArrayBuffer(8))
      yield* Compute.run(tasks.mark, shared as unknown as Uint8Array<ArrayBuffer>)
      assert.strictEqual(shared[0], 42)
    }).pipe(pool())
  )

  it.live("may be a port", () =>
    Effect.gen(function* () {
      const { port1, port2 } = new MessageChannel()
      const heard = new Promise((resolve) => port1.once("message", resolve))
      yield* Compute.run(tasks.speak, { port: port2 as unknown as globalThis.MessagePort })
      assert.strictEqual(yield* Effect.promise(() => heard), "hello")
      port1.close()
    }).pipe(pool())
  )

  it.live("moves item by item in a collection, and element by element in a stream", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 20 }, (_, i) => bytes(10, i))
      const results = yield* Compute.forEach(items, tasks.there, { chunk: 3 })
      assert.isTrue(items.every(isGone))
      assert.deepStrictEqual(
        results.map((result) => result[1]),
        Array.from({ length: 20 }, (_, i) => i)
      )
      const more = Array.from({ length: 20 }, (_, i) => bytes(10, i))
      const totals = yield* Stream.fromIterable(more).pipe(Compute.map(tasks.total), Stream.runCollect)
      assert.deepStrictEqual(
        totals,
        Array.from({ length: 20 }, (_, i) => 10 * i)
      )
      const frames = yield* Compute.stream(tasks.frames, 100, { window: 4 }).pipe(Stream.runCollect)
      assert.deepStrictEqual(
        frames.map((frame) => frame[0]),
        Array.from({ length: 100 }, (_, i) => i)
      )
    }).pipe(pool({ maxWorkers: 2 }))
  )
})

describe("what cannot move fails typed, naming the field, and nothing is gone:", () => {
  const refused = (name: string, bad: () => Uint8Array<ArrayBuffer>, what: RegExp, fix: RegExp) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const payload = { label: Option.none(), image: { pixels: bad() } }
        const error = yield* Effect.flip(Compute.run(tasks.labelled, payload))
        assert.instanceOf(error, Compute.PayloadNotCloneable)
        assert.strictEqual(error.path, ".image.pixels")
        assert.match(error.what, what)
        assert.match(error.message, fix)
        const good = bytes()
        const second = yield* Effect.flip(Compute.forEach([good, bad()], tasks.total, { chunk: 2 }))
        assert.strictEqual((second as Compute.PayloadNotCloneable).path, "[1]")
        assert.isFalse(isGone(good))
        yield* worksOn
      }).pipe(pool())
    )

  refused(
    "a pooled Buffer",
    () => Buffer.from("abc") as Buffer<ArrayBuffer>,
    /class Buffer that cannot move/,
    /Send a copy/
  )

  refused(
    "what was moved before",
    () => {
      const gone = bytes()
      structuredClone(gone, { transfer: [gone.buffer] })
      return gone
    },
    /moved to another thread before/,
    /send it once/
  )

  it.live("a result that the handler gave away before", () =>
    Effect.gen(function* () {
      yield* Compute.run(tasks.careless, undefined)
      const error = yield* Effect.flip(Compute.run(tasks.careless, undefined))
      assert.instanceOf(error, Compute.ResultNotCloneable)
      assert.strictEqual(error.path, ".kept")
      yield* worksOn
    }).pipe(pool())
  )
})

describe("a caller's buffer", () => {
  it.live("is still the caller's while the job waits, and if it is cancelled then", () =>
    Effect.gen(function* () {
      const first = yield* Effect.forkChild(Compute.run(tasks.hold, { ms: 200, bytes: bytes() }))
      yield* Effect.sleep(50)
      const mine = bytes(64)
      const waiting = yield* Effect.forkChild(Compute.run(tasks.total, mine))
      yield* Effect.sleep(20)
      assert.isFalse(isGone(mine))
      yield* Fiber.interrupt(waiting)
      assert.isFalse(isGone(mine))
      assert.strictEqual(yield* Fiber.join(first), 1024)
      assert.strictEqual(yield* Compute.run(tasks.total, mine), 64)
    }).pipe(pool())
  )

  it.live("is gone with the worker that had it; those that wait go on", () =>
    Effect.gen(function* () {
      const lost = bytes()
      const failing = yield* Effect.forkChild(Effect.flip(Compute.run(tasks.exit, lost)))
      const others = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, (_, i) => Compute.run(tasks.total, bytes(i + 1))),
          { concurrency: "unbounded" }
        )
      )
      assert.instanceOf(yield* Fiber.join(failing), Compute.WorkerExited)
      assert.isTrue(isGone(lost))
      assert.strictEqual(
        (yield* Fiber.join(others)).reduce((a, b) => a + b, 0),
        1275
      )
    }).pipe(pool())
  )

  it.live("arrives whole among many that copy, whatever is sent ahead and stolen", () =>
    Effect.gen(function* () {
      const totals = yield* Effect.forEach(
        Array.from({ length: 600 }, (_, i) => i),
        (i) => (i % 3 === 0 ? Compute.run(tasks.total, bytes(i + 1)) : Compute.run(tasks.totalOfCopy, bytes(i + 1))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        totals,
        Array.from({ length: 600 }, (_, i) => i + 1)
      )
    }).pipe(pool({ maxWorkers: 2 }))
  )
})

it.live("64 MiB that move cost far less than 64 MiB that are copied", () =>
  Effect.gen(function* () {
    const least = (task: typeof tasks.there | typeof tasks.thereByCopy) =>
      Effect.gen(function* () {
        let best = Infinity
        for (let i = 0; i < 4; i++) {
          const [took, back] = yield* Effect.timed(Compute.run(task, bytes(2 ** 26)))
          assert.strictEqual(back[0], 7)
          best = Math.min(best, Duration.toMillis(took))
        }
        return best
      })
    const copied = yield* least(tasks.thereByCopy)
    const moved = yield* least(tasks.there)
    assert.isBelow(moved * 4, copied)
  }).pipe(pool())
)
