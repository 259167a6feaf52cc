/**
 * What jobs log, trace and print reaches the program at the pace at which it takes it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Effect, Fiber, Logger, Tracer } from "effect"
import { pool, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/misbehaving.ts"

const lines = (memory: SharedArrayBuffer) => Atomics.load(new Int32Array(memory), jobs.Cell.lines)

/** Lines that fit into a window of 8 KiB at most, as each counts as a quarter of a KiB. */
const most = 8 * 4

/** Holds this thread until the job that counts has stopped counting. */
const hold = (memory: SharedArrayBuffer) => {
  let before = -1
  const cells = new Int32Array(memory)
  while (lines(memory) !== before || before === 0) {
    before = lines(memory)
    Atomics.wait(cells, 8, 0, 50)
  }
  return before
}

/** Runs `body` with what is printed to `process.stdout` in `texts`. */
const printed = <A, E, R>(
  body: (texts: Array<string>) => Effect.Effect<A, E, R>,
  write = (_text: string): boolean => true
) =>
  Effect.suspend(() => {
    const texts: Array<string> = []
    const before = process.stdout.write
    process.stdout.write = ((chunk: string | Uint8Array) => {
      texts.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1"))
      return write(texts.at(-1)!)
    }) as typeof process.stdout.write
    return Effect.ensuring(
      body(texts),
      Effect.sync(() => (process.stdout.write = before))
    )
  })

describe("a job that writes faster than the main thread takes it", () => {
  it.live("waits with its log lines, and none is lost", () =>
    Effect.gen(function* () {
      const taken: Array<unknown> = []
      const logger = Logger.make(({ message }) => void taken.push((message as ReadonlyArray<unknown>)[0]))
      const memory = shared()
      yield* worksOn
      const job = yield* Effect.forkChild(
        Compute.run(jobs.logs, { shared: memory, lines: 500 }).pipe(Effect.provide(Logger.layer([logger])))
      )
      yield* until(() => lines(memory) > 0)
      const before = taken.length
      assert.isAtMost(hold(memory) - before, 2 * most)
      yield* Fiber.join(job)
      assert.deepStrictEqual(
        taken,
        Array.from({ length: 500 }, (_, n) => n)
      )
    }).pipe(pool({ output: { windowKb: 8 } }))
  )

  it.live('has lines left out with output.overflow "drop", and their number is told', () =>
    Effect.gen(function* () {
      const taken: Array<unknown> = []
      const words: Array<string> = []
      const logger = Logger.make(({ message }) => {
        const [part] = message as ReadonlyArray<unknown>
        if (typeof part === "string") words.push(part)
        else taken.push(part)
      })
      const memory = shared()
      yield* worksOn
      const job = yield* Effect.forkChild(
        Compute.run(jobs.logs, { shared: memory, lines: 3000 }).pipe(Effect.provide(Logger.layer([logger])))
      )
      yield* until(() => lines(memory) > 0)
      hold(memory)
      yield* Fiber.join(job)
      const leftOut = words.reduce((sum, text) => sum + Number(/(\d+) log lines?/.exec(text)?.[1] ?? 0), 0)
      assert.isAbove(leftOut, 0)
      assert.strictEqual(taken.length + leftOut, 3000)
      assert.include(words.join(), 'task "logs"')
    }).pipe(pool({ output: { windowKb: 8, overflow: "drop" } }))
  )

  it.live("ends each span that it has begun", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* Effect.provideService(Compute.run(jobs.spans, { shared: shared(), lines: 1000 }), Tracer.Tracer, tracer)
      assert.isAbove(spans.length, 0)
      for (const { status } of spans) assert.strictEqual(status._tag === "Ended" && status.exit._tag, "Success")
    }).pipe(pool({ output: { windowKb: 2, overflow: "drop" } }))
  )

  it.live("waits with what it prints in a synchronous loop, and all of it arrives in order", () =>
    printed((texts) =>
      Effect.gen(function* () {
        const memory = shared()
        yield* worksOn
        const job = yield* Effect.forkChild(Compute.run(jobs.prints, { shared: memory, lines: 500 }))
        yield* until(() => lines(memory) > 0)
        assert.isAtMost(hold(memory) - texts.length, 2 * most)
        yield* Fiber.join(job)
        const numbers = Array.from({ length: 500 }, (_, n) => `${n}\n`).join("")
        const text = Buffer.from("ä€😀".repeat(20_000)).toString("latin1")
        assert.isTrue(texts.join("") === numbers + text)
      })
    ).pipe(pool({ output: { windowKb: 8 } }))
  )

  it.live("waits for a reader, and can be cancelled while it waits", () => {
    let hasReader = false
    return printed(
      () =>
        Effect.gen(function* () {
          const memory = shared()
          const job = yield* Effect.forkChild(Compute.run(jobs.printsForEver, memory))
          yield* until(() => lines(memory) > 0)
          hold(memory)
          yield* Fiber.interrupt(job)
          hasReader = true
          process.stdout.emit("drain")
          assert.strictEqual((yield* Compute.statistics).killed, 0)
          yield* worksOn
        }),
      () => hasReader
    ).pipe(pool({ output: { windowKb: 8 }, grace: 5000 }))
  })
})
