/**
 * A message that was cut clones to the same values, without the bytes that no view shows.
 */
import { isDeepStrictEqual } from "node:util"
import { runInNewContext } from "node:vm"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { parcel } from "../../../src/internal/job/cutViews.ts"

const crossed = <M>(message: M, transfer?: ReadonlyArray<Transferable>): M => {
  const sent = parcel(message, transfer)
  return structuredClone(sent.message, sent.transfer && { transfer: Array.from(sent.transfer) })
}

const file = (bytes = 4096) => Uint8Array.from({ length: bytes }, (_, i) => i % 251)
/** An array of the greatest length, without an item. */
const holes = () => Object.assign([], { length: 2 ** 32 - 1 })

const behind = (view: ArrayBufferView): number => view.buffer.byteLength

describe("a view", () => {
  it("of a part brings that part", () => {
    const part = crossed(file().subarray(16, 32))
    assert.deepStrictEqual(part, file().slice(16, 32))
    assert.strictEqual(behind(part), 16)
  })

  it("of everything is sent as it is", () => {
    const message = { all: file(), empty: new Uint8Array(0) }
    assert.strictEqual(parcel(message).message, message)
  })

  it("keeps its class, at any place in its buffer", () => {
    const { buffer } = file(256)
    const views = [
      new Int8Array(buffer, 3, 5),
      new Uint8ClampedArray(buffer, 17, 2),
      new Int16Array(buffer, 32, 2),
      new Float32Array(buffer, 44, 3),
      new Float64Array(buffer, 72, 2),
      new BigInt64Array(buffer, 96, 1),
      new DataView(buffer, 111, 7)
    ]
    const received = crossed(views)
    assert.isTrue(isDeepStrictEqual(received, views))
    assert.isTrue(received.every((view) => behind(view) === view.byteLength))
  })

  it("of nothing brings nothing", () => {
    assert.strictEqual(behind(crossed(file().subarray(8, 8))), 0)
  })

  it("that is a Buffer of Node's pool brings its own bytes, as a Uint8Array", () => {
    const received = crossed(Buffer.from("hello"))
    assert.strictEqual(Object.getPrototypeOf(received), Uint8Array.prototype)
    assert.deepStrictEqual([received.length, behind(received)], [5, 5])
  })

  it("beside and inside an array of four billion holes is found at once", () => {
    const received = crossed({
      none: holes(),
      one: Object.assign([], { 4_000_000_000: file().subarray(16, 32) }),
      part: file().subarray(1, 2)
    })
    assert.strictEqual(received.none.length, 2 ** 32 - 1)
    const inside: Uint8Array = received.one[4_000_000_000]!
    assert.deepStrictEqual(inside, file().slice(16, 32))
    assert.deepStrictEqual([behind(inside), behind(received.part)], [16, 1])
  })

  it("behind many items without holes is found", () => {
    const items: Array<unknown> = Array.from({ length: 200_000 }, (_, i) => i)
    items.push(file().subarray(16, 32))
    assert.strictEqual(behind(crossed(items).at(-1) as Uint8Array), 16)
  })

  it("of shared memory still shares it", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64), 8, 8)
    crossed({ shared, part: file().subarray(1, 2) }).shared[0] = 42
    assert.strictEqual(shared[0], 42)
  })

  it("of memory that can grow brings its part", () => {
    const growing = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 2 ** 20 }), 8, 8).fill(3)
    assert.deepStrictEqual(crossed([growing]), [new Uint8Array(8).fill(3)])
    const tracking = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 }))
    assert.strictEqual(crossed(tracking).length, 64)
  })

  it("of another realm is cut as well", () => {
    const far = runInNewContext("({ map: new Map([[1, new Uint8Array(64).subarray(1, 3)]]) })") as {
      readonly map: Map<number, Uint8Array>
    }
    assert.strictEqual(behind(crossed(far).map.get(1)!), 2)
  })

  it("whose memory has moved is left to the clone to refuse", () => {
    const { buffer } = file()
    const gone = new Uint8Array(buffer, 8, 8)
    structuredClone(buffer, { transfer: [buffer] })
    assert.throws(() => crossed({ gone, part: file().subarray(1, 2) }), /detached|clone/i)
  })
})

describe("several views of one buffer:", () => {
  it("the same one is still the same one", () => {
    const part = file().subarray(0, 8)
    const [a, { b }] = crossed([part, { b: part }] as const)
    assert.strictEqual(a, b)
  })

  it("those that overlap share their memory still, and stay aligned", () => {
    const { buffer } = file()
    const message = { bytes: new Uint8Array(buffer, 21, 20), doubles: new Float64Array(buffer, 32, 2) }
    const { bytes, doubles } = crossed(message)
    assert.strictEqual(bytes.buffer, doubles.buffer)
    assert.deepStrictEqual([bytes, doubles], [file().slice(21, 41), new Float64Array(file().slice(32, 48).buffer)])
    assert.strictEqual(behind(bytes), 32)
    // in front of the first view lies nothing of others
    assert.deepStrictEqual(Array.from(new Uint8Array(bytes.buffer, 0, 5)), [0, 0, 0, 0, 0])
    bytes[11] = 0xff
    assert.strictEqual(new Uint8Array(doubles.buffer, doubles.byteOffset)[0], 0xff)
  })

  it("those that lie apart bring nothing of what is between them", () => {
    const views = [file().subarray(0, 4), file().subarray(4000)]
    assert.deepStrictEqual(crossed(views).map(behind), [4, 96])
  })

  it("those that show all of it together are sent as they are", () => {
    const { buffer } = file()
    const message = [new Uint8Array(buffer, 0, 3000), new Uint8Array(buffer, 2000)]
    assert.strictEqual(crossed(message)[0]!.buffer.byteLength, 4096)
  })

  it("many, apart or not, take no long time", () => {
    const large = file(2 ** 20)
    const apart = Array.from({ length: 50_000 }, (_, i) => large.subarray(i * 16, i * 16 + 8))
    const chained = Array.from({ length: 50_000 }, (_, i) => large.subarray(i * 16, i * 16 + 20))
    assert.strictEqual(behind(crossed(apart)[49_999]!), 8)
    assert.strictEqual(behind(crossed(chained)[0]!), 49_999 * 16 + 20)
  })
})

describe("what the schema asks for is left whole:", () => {
  it("a buffer that is a part of the message, with its views", () => {
    const { buffer } = file()
    const { first } = crossed({ first: new Uint8Array(buffer, 0, 8), buffer })
    assert.strictEqual(behind(first), 4096)
  })

  it("a buffer that moves, with its views", () => {
    const { buffer } = file()
    const part = new Uint8Array(buffer, 8, 8)
    assert.strictEqual(behind(crossed({ part, list: [file().subarray(1, 3)] }, [buffer]).part), 4096)
    assert.isTrue(buffer.detached)
  })

  it("ports beside what is cut", () => {
    const { port1, port2 } = new MessageChannel()
    const received = crossed({ port: port1, part: file().subarray(1, 3) }, [port1])
    assert.instanceOf(received.port, MessagePort)
    assert.strictEqual(behind(received.part), 2)
    received.port.close()
    port2.close()
  })
})

describe("what is around a view is as a clone makes it:", () => {
  const part = () => file().subarray(3, 6)

  it("maps, sets, arrays with holes and properties, dates, cycles, objects without a prototype", () => {
    const groups = Object.assign(Object.create(null), { part: part() }) as { readonly part: Uint8Array }
    const holed = Object.assign([1, 2, part()], { input: part() })
    // eslint-disable-next-line typescript/no-array-delete
    delete holed[1]
    const message: Record<string, unknown> = {
      map: new Map<unknown, unknown>([
        ["b", part()],
        [part(), "a"]
      ]),
      set: new Set([1, part()]),
      at: new Date(5),
      regexp: /a/g,
      boxed: Object("ab"),
      big: 1n,
      holed,
      groups
    }
    message["self"] = message
    message["proto"] = JSON.parse('{"__proto__":{"a":1}}')
    const received = crossed(message)
    assert.isTrue(isDeepStrictEqual(received, structuredClone(message)))
    assert.strictEqual(received["self"], received)
    assert.isFalse(1 in (received["holed"] as object))
    const map = received["map"] as Map<unknown, unknown>
    const views = [map.get("b"), Array.from(map.keys())[1], (received["groups"] as typeof groups).part]
    assert.deepStrictEqual(
      views.map((view) => behind(view as Uint8Array)),
      [3, 3, 3]
    )
  })

  it("objects of classes, and errors with their causes", () => {
    class Photo {
      readonly #secret = 1
      readonly pixels = part()
      get secret() {
        return this.#secret
      }
    }
    assert.deepStrictEqual(crossed({ photo: new Photo() }) as unknown, { photo: { pixels: file().slice(3, 6) } })
    const sent = new RangeError("too far", { cause: { part: part() } })
    const { error } = crossed({ error: sent })
    assert.instanceOf(error, RangeError)
    assert.deepStrictEqual([error.message, error.stack], [sent.message, sent.stack])
    assert.strictEqual(behind((error.cause as { readonly part: Uint8Array }).part), 3)
  })

  it("what a getter makes anew each time", () => {
    const bytes = file(200_000)
    const message = {
      get part() {
        return bytes.subarray(3, 6)
      },
      get nested() {
        return [{ part: bytes.subarray(7, 9) }, new Map([["large", bytes.subarray(8, 80_000)]])]
      },
      get whole() {
        return bytes
      }
    }
    const { nested, part, whole } = crossed(message)
    const [inner, map] = nested as unknown as [{ readonly part: Uint8Array }, Map<string, Uint8Array>]
    const views = [part, inner.part, map.get("large")!, whole]
    assert.deepStrictEqual(views.map(behind), [3, 2, 79_992, 200_000])
    assert.deepStrictEqual(
      views.map((view) => view[0]),
      [3, 7, 8, 0]
    )
  })

  it("depth that a clone takes, and sharing that has no end", () => {
    let deep: unknown = part()
    for (let i = 0; i < 500; i++) deep = [deep]
    let received: unknown = crossed(deep)
    while (Array.isArray(received)) received = received[0]
    assert.strictEqual(behind(received as Uint8Array), 3)
    let wide: unknown = part()
    for (let i = 0; i < 60; i++) wide = [wide, wide]
    assert.strictEqual(parcel([wide]).transfer, undefined)
  })

  it("any value with views of one buffer in it", () => {
    const { buffer } = file(64)
    const view = fc
      .tuple(fc.nat(64), fc.nat(64))
      .map(([a, b]): unknown => new Uint8Array(buffer, Math.min(a, b), Math.abs(a - b)))
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        view,
        fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true, withNullPrototype: true }),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 })
      )
    })).value
    fc.assert(
      fc.property(value, (value) => {
        assert.isTrue(isDeepStrictEqual(crossed(value), structuredClone(value)))
      }),
      { seed: Number(process.env["GIVEWAY_SEED"] ?? 1), numRuns: 500 }
    )
  })
})

it("what is large is copied once, and moves", () => {
  const large = file(2 ** 20)
  const { transfer } = parcel({ part: large.subarray(0, 2 ** 19), small: large.subarray(2 ** 19, 2 ** 19 + 8) })
  assert.deepStrictEqual(
    transfer!.map((memory) => (memory as ArrayBuffer).byteLength),
    [2 ** 19]
  )
  assert.isFalse(large.buffer.detached)
})
