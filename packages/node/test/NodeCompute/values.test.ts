/**
 * What crosses, and as what: the same on a worker as in `TestCompute`. These are the rows of the table in
 * `docs/guides/compute.md`.
 */
import { isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Compute, TestCompute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Exit, Layer, Logger, Stream } from "effect"
import { pool } from "../pool.ts"
import * as tasks from "../tasks/values.ts"

/** On the worker of the pool around it, and inline. */
const both = <A, E>(effect: Effect.Effect<A, E, Compute.Compute>) =>
  Effect.gen(function* () {
    const onWorker = yield* Effect.exit(effect)
    const inline = yield* Effect.exit(effect.pipe(Effect.provide(TestCompute.layer)))
    return { onWorker, inline }
  })

const part = (bytes = 4) => new Uint8Array(4096).fill(7).subarray(8, 8 + bytes)
const row = () => Object.assign(Object.create(null), { cents: 3 }) as { readonly cents: number }
const big = <A>(value: A) => ({ value, padding: "x".repeat(100_000) })

const crossing: ReadonlyArray<readonly [name: string, sent: unknown, arrived: unknown]> = [
  ["plain data", { a: [1, "b", null, undefined, true, -0, NaN] }, { a: [1, "b", null, undefined, true, -0, NaN] }],
  ["a large integer", 12n, 12n],
  ["an object without a prototype", [row()], [{ cents: 3 }]],
  ["groups of a regular expression", /(?<a>b)/.exec("b")!.groups, { a: "b" }],
  ["the result of Object.groupBy", Object.groupBy([1, 2], (n) => (n > 1 ? "many" : "one")), { one: [1], many: [2] }],
  ["a date, a map, a set", [new Date(5), new Map([[1, new Set([2])]])], [new Date(5), new Map([[1, new Set([2])]])]],
  ["a view of a part", { deep: [new Map([[part(), 1]])] }, { deep: [new Map([[part().slice(), 1]])] }],
  ["a view of other kinds", new DataView(new ArrayBuffer(64), 8, 4), new DataView(new ArrayBuffer(4))],
  ["a Buffer", Buffer.from("abc"), Uint8Array.of(97, 98, 99)],
  [
    "a getter",
    {
      get a() {
        return 1
      }
    },
    { a: 1 }
  ],
  [
    "an object of a class",
    new (class Mine {
      readonly a = 1
    })(),
    { a: 1 }
  ]
]

describe("arrives alike on a worker and in TestCompute:", () => {
  it.live("all that crosses", () =>
    Effect.gen(function* () {
      for (const [name, sent, arrived] of crossing) {
        for (const wrapped of [<A>(value: A) => value, big]) {
          const { inline, onWorker } = yield* both(Compute.run(tasks.mirror, wrapped(sent)))
          assert.isTrue(isDeepStrictEqual(onWorker, Exit.succeed(wrapped(arrived))), `${name}: ${String(onWorker)}`)
          assert.isTrue(isDeepStrictEqual(inline, onWorker), `${name} in TestCompute: ${String(inline)}`)
        }
      }
    }).pipe(pool())
  )

  it.live("all that is refused", () =>
    Effect.gen(function* () {
      const refused: ReadonlyArray<readonly [sent: unknown, words: RegExp]> = [
        [new Proxy({ a: 1 }, {}), /a Proxy/],
        [[new Proxy([1], {})], /a Proxy/],
        [
          (function (..._: ReadonlyArray<unknown>) {
            // eslint-disable-next-line prefer-rest-params
            return { args: arguments }
          })(1, 2),
          /arguments object/
        ],
        [() => 1, /a function/],
        [{ at: Symbol("s") }, /Symbol\(s\)/]
      ]
      for (const [sent, words] of refused) {
        for (const value of [sent, big(sent)]) {
          const { inline, onWorker } = yield* both(Effect.flip(Compute.run(tasks.mirror, value)))
          assert.isTrue(Exit.isSuccess(onWorker) && Exit.isSuccess(inline), String(words))
          if (!Exit.isSuccess(onWorker) || !Exit.isSuccess(inline)) return
          assert.match(onWorker.value.message, words)
          assert.strictEqual(inline.value.message, onWorker.value.message)
        }
      }
    }).pipe(pool())
  )

  it.live("a word that a Buffer arrives as a Uint8Array, and an object of a class as a plain one", () =>
    Effect.gen(function* () {
      const jobs = [
        [Compute.run(tasks.takesBuffer, { bytes: Buffer.from("abc") }), /at bytes.*a Buffer arrives as a Uint8Array/],
        [Compute.run(tasks.givesBuffer, undefined), /a Buffer arrives as a Uint8Array/],
        [Compute.run(tasks.givesMine, undefined), /object of a class arrives as a plain object/]
      ] as const
      for (const [job, words] of jobs) {
        const { inline, onWorker } = yield* both(Effect.flip<unknown, Compute.ComputeError, Compute.Compute>(job))
        assert.isTrue(Exit.isSuccess(onWorker) && Exit.isSuccess(inline))
        if (!Exit.isSuccess(onWorker) || !Exit.isSuccess(inline)) return
        assert.match(onWorker.value.message, words)
        assert.strictEqual(inline.value.message, onWorker.value.message)
      }
    }).pipe(pool())
  )
})

describe("a view brings what it shows", () => {
  const behind = (bytes: Uint8Array) => bytes.buffer.byteLength

  it.live("as payload, item, result, failure, element, in both", () =>
    Effect.gen(function* () {
      const all = Effect.gen(function* () {
        assert.deepStrictEqual(yield* Compute.run(tasks.behind, part()), { length: 4, behind: 4 })
        const buffers = [Buffer.from("ab"), Buffer.from("abc")]
        const items = yield* Compute.forEach(buffers, tasks.behind, { chunk: 2 })
        assert.deepStrictEqual(items, [
          { length: 2, behind: 2 },
          { length: 3, behind: 3 }
        ])
        assert.strictEqual(behind(yield* Compute.run(tasks.part, undefined)), 8)
        const error = (yield* Effect.flip(Compute.run(tasks.fails, undefined))) as { readonly dump: Uint8Array }
        assert.strictEqual(behind(error.dump), 8)
        const elements = yield* Stream.runCollect(Compute.stream(tasks.emits, undefined))
        assert.deepStrictEqual(
          Array.from(elements, ({ at, bytes }) => [at, bytes.length]),
          Array.from({ length: 10 }, (_, at) => [at, 4])
        )
        // those of one message that overlap share their memory
        assert.isTrue(Array.from(elements).every(({ bytes }) => behind(bytes) <= 13))
      })
      yield* all.pipe(pool())
      yield* all.pipe(Effect.provide(TestCompute.layer))
    })
  )

  it.live("in logs", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => void logged.push(message))
    return Effect.gen(function* () {
      yield* Compute.run(tasks.logs, undefined)
      const [bytes] = logged.flat() as [Uint8Array]
      assert.deepStrictEqual([bytes.length, behind(bytes)], [8, 8])
    }).pipe(pool(), Effect.provide(Logger.layer([logger])))
  })

  it.live("however large the buffer is: it is not copied", () =>
    Effect.gen(function* () {
      const file = new Uint8Array(256 * 2 ** 20)
      yield* Compute.run(tasks.behind, file.subarray(0, 1))
      const before = process.memoryUsage().arrayBuffers
      for (let i = 0; i < 20; i++) yield* Compute.run(tasks.behind, file.subarray(4096, 5120))
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 2 ** 24)
    }).pipe(pool())
  )
})

it.live("a getter that submits to its own pool, by all ways, spoils nothing", () =>
  Effect.gen(function* () {
    const own = yield* Layer.build(NodeCompute.layer({ maxWorkers: 1 }))
    const inner: Array<Promise<unknown>> = []
    const start = <A, E>(effect: Effect.Effect<A, E, Compute.Compute>) =>
      void inner.push(Effect.runPromise(Effect.provideContext(effect, own)))
    for (let i = 0; i < 20; i++) {
      const payload = {
        before: `before ${i}`,
        get nested() {
          start(Compute.run(tasks.mirror, { inner: i }))
          start(Stream.runCollect(Compute.stream(tasks.emits, undefined)))
          start(Effect.timeoutOption(Compute.run(tasks.mirror, "x".repeat(5000)), 0))
          return "nested"
        },
        after: `after ${i}`
      }
      const arrived = yield* Effect.provideContext(Compute.run(tasks.mirror, payload), own)
      assert.deepStrictEqual(arrived, { before: `before ${i}`, nested: "nested", after: `after ${i}` })
    }
    yield* Effect.promise(() => Promise.all(inner))
  }).pipe(Effect.scoped)
)

it.live("a getter that submits to a second pool spoils neither payload", () =>
  Effect.gen(function* () {
    const first = yield* Layer.build(NodeCompute.layer({ maxWorkers: 1 }))
    const second = yield* Layer.build(NodeCompute.layer({ maxWorkers: 1 }))
    const inner: Array<Promise<unknown>> = []
    for (let i = 0; i < 50; i++) {
      const payload = {
        before: `before ${i}`,
        get nested() {
          const other = Compute.run(tasks.mirror, { inner: i, text: "y".repeat(50) })
          inner.push(Effect.runPromise(Effect.provideContext(other, second)))
          return "nested"
        },
        after: `after ${i}`
      }
      const arrived = yield* Effect.provideContext(Compute.run(tasks.mirror, payload), first)
      assert.deepStrictEqual(arrived, { before: `before ${i}`, nested: "nested", after: `after ${i}` })
    }
    const all = yield* Effect.promise(() => Promise.all(inner))
    assert.isAtLeast(all.length, 50)
    assert.isTrue(all.every((value) => (value as { readonly text: string }).text === "y".repeat(50)))
  }).pipe(Effect.scoped)
)
