/**
 * Every schema crosses a thread; bytes cross as bytes.
 */
import { Chunk, DateTime, Duration, Effect, Equal, Exit, HashMap, Option, Result, Schema } from "effect"
import { assert, describe, it } from "vitest"
import * as wireCodec from "../../../src/internal/job/wireCodec.ts"
import * as Task from "../../../src/Task.ts"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, label: Schema.Option(Schema.String) }) {}

interface Tree {
  readonly value: number
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.Number,
  children: Schema.Array(Schema.suspend(() => Tree))
})

const taskOf = (name: string, schema: Task.PlainCodec) =>
  Task.make(import.meta.url, name, { payload: schema, success: schema }, (value) => value) as Task.Any

const crossed = async (codec: wireCodec.TaskCodec, value: unknown): Promise<unknown> => {
  const encoded = await Effect.runPromise(codec.encodePayload(value))
  return Effect.runPromise(codec.decodePayload(structuredClone(encoded)))
}

const cases: ReadonlyArray<readonly [name: string, schema: Task.PlainCodec, value: unknown]> = [
  ["struct", Schema.Struct({ a: Schema.Number, b: Schema.optionalKey(Schema.String) }), { a: 1 }],
  ["class with an option", Point, new Point({ x: 1, label: Option.some("one") })],
  ["option", Schema.Option(Schema.Number), Option.none()],
  ["result", Schema.Result(Schema.Number, Schema.String), Result.fail("no")],
  ["chunk", Schema.Chunk(Schema.Number), Chunk.make(1, 2)],
  ["hash map", Schema.HashMap(Schema.String, Schema.Number), HashMap.make(["a", 1])],
  ["duration", Schema.Duration, Duration.seconds(3)],
  ["date time", Schema.DateTimeUtc, DateTime.makeUnsafe(0)],
  ["big integer", Schema.BigInt, 12n],
  ["symbol", Schema.Symbol, Symbol.for("s")],
  ["date", Schema.Date, new Date(5)],
  ["map of classes", Schema.ReadonlyMap(Schema.String, Schema.Date), new Map([["a", new Date(1)]])],
  ["regular expression", Schema.RegExp, /a+/g],
  ["transformation", Schema.NumberFromString, 5],
  ["recursive", Tree, { value: 1, children: [{ value: 2, children: [] }] }],
  ["bytes", Schema.Uint8Array, new Uint8Array([1, 2])],
  [
    "bytes beside an option",
    Schema.Struct({ a: Schema.Uint8Array, b: Schema.Option(Schema.Number) }),
    { a: new Uint8Array([3]), b: Option.some(1) }
  ]
]

describe("a value that crosses and comes back is equal:", () => {
  it.for(cases)("%s", async ([name, schema, value]) => {
    const received = await crossed(wireCodec.of(taskOf(name, schema)), value)
    assert.isTrue(Equal.equals(received, value), `${String(received)} is not ${String(value)}`)
  })
})

it("bytes are neither copied nor turned into text before the clone", () => {
  const codec = wireCodec.of(taskOf("plain bytes", Schema.Struct({ image: Schema.Uint8Array })))
  const image = new Uint8Array(10)
  const encoded = codec.encodePayload({ image }) as Exit.Exit<{ readonly image: Uint8Array }>
  assert.isTrue(Exit.isSuccess(encoded) && encoded.value.image === image)
})

describe("what arrives is validated again", () => {
  const decode = (schema: Task.PlainCodec, value: unknown) =>
    Effect.runPromiseExit(wireCodec.of(taskOf(`decoded ${String(value)}`, schema)).decodePayload(value))

  it("not if its schema is plain: it was where it was sent", async () => {
    const plain = Schema.Struct({ a: Schema.Array(Schema.Int) })
    const sent = { a: ["no number"] }
    assert.isTrue(Exit.isFailure(await Effect.runPromiseExit(wireCodec.of(taskOf("sent", plain)).encodePayload(sent))))
    assert.deepStrictEqual(await decode(plain, { a: [1] }), Exit.succeed({ a: [1] }))
  })

  it("if a copy of it may be something else", async () => {
    class Mine {
      readonly mine = true
    }
    assert.isTrue(Exit.isFailure(await decode(Schema.Struct({ a: Schema.instanceOf(Mine) }), { a: {} })))
    assert.isTrue(Exit.isFailure(await decode(Schema.FiniteFromString, "x")))
  })
})
