/**
 * What schemas ask to transfer, as the caller's side collects it; and that who asks for nothing pays nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task, TestCompute } from "@giveway/core"
import { Effect, Exit, Fiber, Schema, Stream } from "effect"
import * as Transferable from "effect/workers/Transferable"
import { findUncloneable } from "../../../src/internal/job/cloneable.ts"
import * as transferring from "../../../src/internal/job/transferring.ts"
import * as wireCodec from "../../../src/internal/job/wireCodec.ts"

const url = import.meta.url
const Bytes = Transferable.Uint8Array
const isGone = (view: Uint8Array) => (view.buffer as ArrayBuffer & { readonly detached: boolean }).detached

const reverse = Task.make(url, "reverse", { payload: Bytes, success: Bytes }, (bytes) => bytes.reverse())

const collected = (schema: Task.PlainCodec, value: unknown) =>
  Effect.gen(function* () {
    const moving: transferring.Moving = new Set()
    yield* transferring.into(moving, Schema.encodeUnknownEffect(schema)(value))
    return Array.from(moving)
  })

describe("the list", () => {
  it.effect("names each thing once, wherever it is, and no shared memory", () =>
    Effect.gen(function* () {
      const buffer = new ArrayBuffer(8)
      const shared = new Uint8Array(new SharedArrayBuffer(8))
      const schema = Schema.Struct({ all: Schema.Array(Bytes), other: Schema.Union([Bytes, Schema.String]) })
      const views = [new Uint8Array(buffer), new Uint8Array(buffer, 4), shared]
      assert.deepStrictEqual(yield* collected(schema, { all: views, other: "none" }), [buffer])
      assert.deepStrictEqual(yield* collected(schema, { all: [], other: "none" }), [])
    })
  )

  it("is no matter to an encoding that moves nothing: it stays an Exit, and is not touched", () => {
    const plain = Task.make(
      url,
      "plain",
      { payload: Schema.Struct({ at: Schema.Date, bytes: Schema.Uint8Array }), success: Schema.Number },
      () => 1
    )
    const encoded = wireCodec.of(plain).encodePayload({ at: new Date(0), bytes: new Uint8Array(8) })
    assert.isTrue(Exit.isExit(encoded))
    assert.strictEqual(transferring.into(new Set(), encoded), encoded)
    assert.isFalse(Exit.isExit(wireCodec.of(reverse).encodePayload(new Uint8Array(8))))
  })
})

describe("TestCompute moves as threads do:", () => {
  it.effect("payloads and results", () =>
    Effect.gen(function* () {
      const sent = Uint8Array.of(1, 2, 3)
      assert.deepStrictEqual(yield* Compute.run(reverse, sent), Uint8Array.of(3, 2, 1))
      assert.isTrue(isGone(sent))
      const error = yield* Effect.flip(Compute.run(reverse, sent))
      assert.instanceOf(error, Compute.PayloadNotCloneable)
      assert.include(error.message, "itself is an object of class Uint8Array whose memory was moved")
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("failures", () =>
    Effect.gen(function* () {
      const failing = Task.make(
        url,
        "failing",
        { payload: Schema.Void, success: Schema.Void, error: Schema.Struct({ dump: Bytes }) },
        () => Effect.fail({ dump: kept })
      )
      const kept = Uint8Array.of(1)
      const { dump } = (yield* Effect.flip(Compute.run(failing, undefined))) as { readonly dump: Uint8Array }
      assert.strictEqual(dump[0], 1)
      assert.isTrue(isGone(kept))
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("items and elements, one of which may move what another has moved: that fails", () =>
    Effect.gen(function* () {
      const items = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]
      assert.deepStrictEqual(yield* Compute.forEach(items, reverse, { chunk: 2 }), [
        Uint8Array.of(2, 1),
        Uint8Array.of(4, 3)
      ])
      assert.isTrue(items.every(isGone))
      const halves = Task.stream(url, "halves", { payload: Schema.Void, element: Bytes }, function* () {
        const buffer = new ArrayBuffer(8)
        yield* [new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 4)]
      })
      const seen: Array<number> = []
      const error = yield* Compute.stream(halves, undefined).pipe(
        Stream.runForEach((half) => Effect.sync(() => seen.push(half.length))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, [4])
      assert.instanceOf(error, Compute.ResultNotCloneable)
    }).pipe(Effect.provide(TestCompute.layer))
  )

  it.effect("interrupted beforehand, nothing has moved", () =>
    Effect.gen(function* () {
      const mine = Uint8Array.of(1)
      const fiber = yield* Effect.forkChild(Compute.run(reverse, mine))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(isGone(mine))
    }).pipe(Effect.provide(TestCompute.layer))
  )
})

describe("what refuses to be sent is found", () => {
  it("beside what moves, and looking for it moves nothing", () => {
    const { port1, port2 } = new MessageChannel()
    const buffer = new ArrayBuffer(8)
    const value = { port: port1, deep: [buffer, { bad: () => 1 }] }
    assert.strictEqual(findUncloneable(value, new Error("no"), [port1, buffer]).path, ".deep[1].bad")
    assert.strictEqual(buffer.byteLength, 8)
    structuredClone(port1, { transfer: [port1] }).close()
    assert.include(findUncloneable(value, new Error("no"), [port1]), { path: ".port" })
    port2.close()
  })
})
