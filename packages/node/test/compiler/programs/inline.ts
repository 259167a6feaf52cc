/** Inline work of a main module with side effects: the names it uses, its endings, and the thread it ran on. Prints its results. */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Cause, Effect, Exit, Logger, References, Schema } from "effect"
import { threadId } from "node:worker_threads"
import { burn } from "./rank.ts"

// a worker that evaluated this module would say so
process.stdout.write(`evaluated on ${threadId}\n`)

const squares = Array.from({ length: 16 }, (_, n) => n * n)
const Kind = Object.freeze({ Sum: "sum", Largest: "largest" } as const)
type Kind = (typeof Kind)[keyof typeof Kind]
const [first, ...others] = [3, 1, 2]

const total = (numbers: Iterable<number>): number => {
  let sum = 0
  for (const n of numbers) sum += n
  return sum
}

class Point {
  readonly x: number
  readonly y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

class TooLong extends Schema.TaggedError<TooLong>()("TooLong", { limit: Schema.Number }) {
  get twice(): number {
    return 2 * this.limit
  }
}

const fold = (kind: Kind, numbers: ReadonlyArray<number>): number =>
  kind === Kind.Sum ? total(numbers) : numbers.reduce((a, b) => Math.max(a, b), -Infinity)

const where = Compute.fn(() => threadId)

/** each pair: on a worker, and here */
const cases = {
  "a table of the module": [Compute.fn((i: number) => squares[i])(5), squares[5]],
  "destructured constants": [Compute.fn(() => [first, others])(), [first, others]],
  "a function by its name": [Compute.fn(fold)(Kind.Largest, [1, 5, 2]), 5],
  "functions that use others, and something like an enum": [
    Compute.fn(() => fold(Kind.Sum, squares))(),
    total(squares)
  ],
  "a class": [Compute.fn((x: number, y: number) => new Point(x, y).length)(3, 4), 5],
  "a method that uses this": [
    Compute.fn(function (this: unknown, n: number) {
      return [this === undefined, n, arguments.length]
    })(7),
    [true, 7, 1]
  ],
  "defaults and rest parameters": [
    Compute.fn((a = 2, ...rest: ReadonlyArray<number>) => a + total(rest))(undefined, 3, 4),
    9
  ],
  "an imported function": [Compute.effect(Effect.map(burn(1000), ([x]) => x)), Effect.runSync(burn(1000))[0]],
  "an effect from a function": [Compute.fn((n: number) => Effect.succeed(n + 1))(1), 2],
  "plain data of all kinds": [
    Compute.fn((value: unknown) => value)({
      a: [1n, null, undefined],
      b: new Map([[1, new Set(["x"])]]),
      c: new Date(5)
    }),
    { a: [1n, null, undefined], b: new Map([[1, new Set(["x"])]]), c: new Date(5) }
  ]
} as const satisfies Record<string, readonly [Effect.Effect<unknown, unknown, Compute.Compute>, unknown]>

const around = Effect.fnUntraced(function* (scale: number, { offset: by = 10 }: { readonly offset?: number }) {
  const twice = (n: number): number => half(n) * 4
  function half(n: number): number {
    return (n / 2) * scale
  }
  const jobs = []
  for (const n of [1, 2, 3]) jobs.push(Compute.fn(() => twice(n) + by)())
  for (let i = 0; i < 3; i++) {
    const now = i
    jobs.push(Compute.effect(Effect.sync(() => now * scale)))
  }
  return yield* Effect.all(jobs, { concurrency: "unbounded" })
})

let counter = 0

const failing = {
  refused: Compute.fn(() => counter)(),
  thrown: Compute.fn((n: number) => {
    throw new RangeError(`no ${n}`)
  })(3),
  declared: Compute.effect(Effect.fail(new TooLong({ limit: 4 })), { error: TooLong }),
  thrownDeclared: Compute.fn(
    (limit: number): number => {
      throw new TooLong({ limit })
    },
    { error: TooLong }
  )(5),
  plain: Compute.effect(Effect.fail({ code: 7 })),
  ofClass: Compute.fn((n: number) => ({ point: new Point(n, n) }))(1),
  argument: Compute.fn((point: Point) => point.x)(new Point(1, 2)),
  captured: ((log: (text: string) => void) => Compute.fn(() => log("hello"))())(console.log)
}

const seenOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (Exit.isSuccess(exit)) return { value: exit.value }
  const error = Cause.squash(exit.cause)
  if (!(error instanceof Error)) return { plain: error }
  const { cause, message, name, stack } = error
  return {
    name,
    message,
    stack,
    cause: cause instanceof Error ? cause.constructor.name : undefined,
    twice: error instanceof TooLong ? error.twice : undefined
  }
}

const program = Effect.gen(function* () {
  const pairs: Array<readonly [string, unknown, unknown]> = []
  for (const [name, [effect, here]] of Object.entries(cases)) {
    pairs.push([name, yield* effect as Effect.Effect<unknown, unknown, Compute.Compute>, here])
  }
  const { isDeepStrictEqual } = yield* Effect.promise(() => import("node:util"))
  const seen = {
    thread: yield* where(),
    differing: pairs.filter(([, there, here]) => !isDeepStrictEqual(there, here)),
    around: yield* around(2, {}),
    failing: {} as Record<string, unknown>,
    stopped: yield* Compute.fn((n: number) => {
      for (;;) n++
    })(1).pipe(Effect.timeoutOption("100 millis")),
    logs: [] as Array<unknown>,
    killed: (yield* Compute.statistics).killed
  }
  for (const [name, effect] of Object.entries(failing)) {
    seen.failing[name] = seenOf(yield* Effect.exit(effect as Effect.Effect<unknown, unknown, Compute.Compute>))
  }
  counter++
  const logger = Logger.make(({ message }) => void seen.logs.push(message))
  yield* Compute.effect(Effect.logInfo("from the job")).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Info")
  )
  return seen
})

const seen = await Effect.runPromise(
  program.pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1, grace: "30 seconds" }))) as Effect.Effect<unknown>
)
console.log(JSON.stringify(seen))
