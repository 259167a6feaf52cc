/**
 * Tasks that the tests of `NodeCompute` run on real workers. Where a test must know whether a job still runs, the job
 * beats: it counts up in memory it shares with the test.
 */
import { spawn } from "node:child_process"
import { close, closeSync, open, openSync, readFileSync, readlinkSync } from "node:fs"
import { threadId } from "node:worker_threads"
import { Pure, Task, YieldPoint } from "@giveway/core"
import { Context, Effect, Layer, Schema, Stream } from "effect"

const url = import.meta.url

/** Cells of the memory a job shares with its test. */
export const Cell = { beats: 0, started: 1, finalized: 2, built: 3, released: 4 } as const

export const Shared = Schema.instanceOf(SharedArrayBuffer)

const cells = (buffer: SharedArrayBuffer) => new Int32Array(buffer)

export const add = Task.make(
  url,
  "add",
  { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number },
  ({ a, b }) => a + b
)

export const where = Task.make(url, "where", { payload: Schema.Void, success: Schema.Number }, () => threadId)

export const spin = Task.make(url, "spin", { payload: Schema.Number, success: Schema.Number }, (ms) => {
  const end = performance.now() + ms
  while (performance.now() < end) YieldPoint.check()
  return ms
})

/** Never gives way: what JavaScript itself calls has no yield points. */
export const loop = Task.make(url, "loop", { payload: Shared, success: Schema.Void }, (shared) => {
  const cell = cells(shared)
  const endless = {
    get beat(): never {
      for (;;) Atomics.add(cell, Cell.beats, 1)
    }
  }
  Atomics.add(cell, Cell.started, 1)
  return endless.beat
})

/** Loops for ever in plain code, some calls deep, without a thought of cancellation. */
export const plainLoop = Task.make(url, "plainLoop", { payload: Shared, success: Schema.Void }, (shared) => {
  const cell = cells(shared)
  Atomics.add(cell, Cell.started, 1)
  seen.plainLoops++
  try {
    beatFor(cell, Infinity)
  } finally {
    Atomics.add(cell, Cell.finalized, 1)
  }
})

/** A job may change what its module keeps. */
const seen = { plainLoops: 0 }

const beatFor = (cell: Int32Array, rounds: number): void => {
  for (let i = 0; i < rounds; i++) beatTwice(cell, i)
}

function beatTwice(cell: Int32Array, round: number): void {
  for (let i = round; i < round + 2; i++) Atomics.add(cell, Cell.beats, 1)
}

/** Loops for ever in a generator of effects, between two effects. */
export const effectLoop = Task.make(
  url,
  "effectLoop",
  { payload: Shared, success: Schema.Void },
  Effect.fn("effectLoop")(function* (shared) {
    const cell = cells(shared)
    Atomics.add(cell, Cell.started, 1)
    yield* Effect.addFinalizer(() => Effect.sync(() => Atomics.add(cell, Cell.finalized, 1)))
    while (true) Atomics.add(cell, Cell.beats, 1)
  })
)

const steps = Pure.fn("steps", (cell: Int32Array) => {
  while (true) Atomics.add(cell, Cell.beats, 1)
})

/** Loops for ever in a function that runs in slices. */
export const pureLoop = Task.make(
  url,
  "pureLoop",
  { payload: Shared, success: Schema.Void },
  Effect.fn("pureLoop")(function* (shared) {
    const cell = cells(shared)
    Atomics.add(cell, Cell.started, 1)
    yield* Effect.ensuring(
      steps(cell),
      Effect.sync(() => Atomics.add(cell, Cell.finalized, 1))
    )
  })
)

/** A plain handler that fails in the middle of a loop. */
export const failsInLoop = Task.make(
  url,
  "failsInLoop",
  { payload: Schema.Int, success: Schema.Int, error: Schema.Struct({ at: Schema.Int }) },
  (rounds) => {
    let sum = 0
    for (let i = 0; i <= rounds; i++) {
      sum += i
      if (i === 3_000_000) throw { at: i }
    }
    return sum
  }
)

/** Loops for ever, with yield points. */
export const cooperative = Task.make(url, "cooperative", { payload: Shared, success: Schema.Void }, (shared) => {
  const cell = cells(shared)
  Atomics.add(cell, Cell.started, 1)
  for (;;) {
    YieldPoint.check()
    Atomics.add(cell, Cell.beats, 1)
  }
})

/** Loops for ever as a fiber, and says when its finalizer has run. It has started when it has that finalizer. */
export const busyFiber = Task.make(url, "busyFiber", { payload: Shared, success: Schema.Void }, (shared) => {
  const cell = cells(shared)
  return Effect.sync(() => Atomics.add(cell, Cell.started, 1)).pipe(
    Effect.andThen(Effect.forever(Effect.sync(() => Atomics.add(cell, Cell.beats, 1)))),
    Effect.ensuring(Effect.sync(() => Atomics.add(cell, Cell.finalized, 1)))
  )
})

/** Waits for ever as a fiber; its finalizer takes a while. */
export const sleeper = Task.make(url, "sleeper", { payload: Shared, success: Schema.Void }, (shared) => {
  const cell = cells(shared)
  return Effect.sync(() => Atomics.add(cell, Cell.started, 1)).pipe(
    Effect.andThen(Effect.never),
    Effect.ensuring(
      Effect.andThen(
        Effect.sleep(30),
        Effect.sync(() => Atomics.add(cell, Cell.finalized, 1))
      )
    )
  )
})

export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {}

export const refuse = Task.make(
  url,
  "refuse",
  { payload: Schema.String, success: Schema.Void, error: Refused },
  (reason) => Effect.fail(new Refused({ reason }))
)

class Broken extends RangeError {
  readonly code = "E_BROKEN"
}

export const breaks = Task.make(url, "breaks", { payload: Schema.Void, success: Schema.Void }, function insideTheJob() {
  throw new Broken("it broke", { cause: new TypeError("the reason") })
})

export const circles = Task.make(url, "circles", { payload: Schema.Void, success: Schema.Void }, () => {
  const error = new Error("it goes round")
  error.cause = error
  throw error
})

export const breaksLater = Task.make(url, "breaksLater", { payload: Schema.Void, success: Schema.Void }, () =>
  Effect.callback<void>(() => {
    setTimeout(() => {
      throw new Broken("it broke in a timer")
    })
  })
)

export const breaksAfterwards = Task.make(
  url,
  "breaksAfterwards",
  { payload: Schema.Void, success: Schema.Void },
  () => {
    setTimeout(() => {
      throw new Broken("it broke when the job was over")
    }, 10)
  }
)

export const echo = Task.make(url, "echo", { payload: Schema.Unknown, success: Schema.Unknown }, (payload) =>
  payload === "a function" ? { handlers: [() => 1] } : payload
)

export const half = Task.make(url, "half", { payload: Schema.Int, success: Schema.Int }, (n) => n / 2)

export const exit = Task.make(url, "exit", { payload: Schema.Number, success: Schema.Void }, (code) => {
  process.exit(code)
})

export const hog = Task.make(url, "hog", { payload: Schema.Void, success: Schema.Number }, () => {
  const kept: Array<Array<number>> = []
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i * 1.5))
})

export const nice = Task.make(url, "nice", { payload: Schema.Void, success: Schema.Number }, () => {
  const thread = readlinkSync("/proc/thread-self").split("/").at(-1)!
  const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8")
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])
})

export const traced = Task.make(url, "traced", { payload: Schema.Void, success: Schema.Void }, () =>
  Effect.gen(function* () {
    yield* Effect.annotateCurrentSpan("cells", 3)
    yield* Effect.logInfo("inside", { n: 1 }).pipe(Effect.annotateLogs("step", "resize"))
    yield* Effect.logDebug("too quiet")
    yield* Effect.logError("failed", new Broken("logged"))
    yield* Effect.void.pipe(Effect.withSpan("inner"))
  }).pipe(Effect.withSpan("outer"))
)

export const openSpan = Task.make(url, "openSpan", { payload: Shared, success: Schema.Void }, (shared) =>
  Effect.sync(() => {
    Atomics.add(cells(shared), Cell.started, 1)
    for (;;);
  }).pipe(Effect.withSpan("left open"))
)

class Engine extends Context.Service<Engine, { readonly thread: number; readonly uses: () => number }>()("Engine") {}

const engine = (shared: SharedArrayBuffer) =>
  Layer.effect(
    Engine,
    Effect.acquireRelease(
      Effect.sync(() => {
        Atomics.add(cells(shared), Cell.built, 1)
        let uses = 0
        return { thread: threadId, uses: () => ++uses }
      }),
      () => Effect.sync(() => Atomics.add(cells(shared), Cell.released, 1))
    )
  )

/** A worker learns of its test's memory by a job; its services are built after that. */
let learned: SharedArrayBuffer | undefined
const learnedEngine = Layer.unwrap(Effect.sync(() => engine(learned ?? new SharedArrayBuffer(64))))

export const learn = Task.make(url, "learn", { payload: Shared, success: Schema.Void }, (shared) => {
  learned = shared
})

export const use = Task.make(url, "use", { payload: Schema.Void, success: Schema.Number, layer: learnedEngine }, () =>
  Effect.map(Engine, (engine) => engine.uses())
)

export const useToo = Task.make(
  url,
  "useToo",
  { payload: Schema.Void, success: Schema.Number, layer: learnedEngine },
  () => Effect.map(Engine, (engine) => engine.uses())
)

/** Emits numbers without end, and counts them in the memory it shares. */
export const counts = Task.stream(
  url,
  "counts",
  { payload: Schema.Struct({ shared: Shared, everyMs: Schema.Number }), element: Schema.Number },
  ({ everyMs, shared }) => {
    const cell = cells(shared)
    const beat = Effect.sync(() => Atomics.add(cell, Cell.beats, 1))
    return Stream.fromEffectRepeat(everyMs > 0 ? Effect.delay(beat, everyMs) : beat).pipe(
      Stream.onStart(Effect.sync(() => Atomics.add(cell, Cell.started, 1))),
      Stream.ensuring(Effect.sync(() => Atomics.add(cell, Cell.finalized, 1)))
    )
  }
)

export const letters = Task.stream(
  url,
  "letters",
  { payload: Schema.String, element: Schema.Struct({ at: Schema.Int, letter: Schema.String }), error: Refused },
  (word) =>
    Stream.fromIterable(word.split("").entries()).pipe(
      Stream.mapEffect(([at, letter]) =>
        letter === "!" ? Effect.fail(new Refused({ reason: `at ${at}` })) : Effect.succeed({ at, letter })
      )
    )
)

const sumOfRoots = (n: number): number => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.sqrt(i)
  return sum
}

function* roots(n: number): Generator<number> {
  yield 1
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.sqrt(i)
  yield sum
}

const numbers = { payload: Schema.Number, element: Schema.Number }

/** Generators that compute for long after their first element: each in another place. */
export const longGenerators = [
  Task.stream(url, "longInItself", numbers, function* (n) {
    yield 1
    let sum = 0
    for (let i = 0; i < n; i++) sum += Math.sqrt(i)
    yield sum
  }),
  Task.stream(url, "longInACall", numbers, function* (n) {
    yield 1
    yield sumOfRoots(n)
  }),
  Task.stream(url, "longInADelegate", numbers, function* (n) {
    yield* roots(n)
  }),
  Task.stream(url, "longWhereItReturns", numbers, (n) => roots(n))
] as const

/** Emits its payload, then fails by throwing while it is iterated, or dies. */
export const emitsAndFails = Task.stream(
  url,
  "emitsAndFails",
  { payload: Schema.Array(Schema.Unknown), element: Schema.Unknown, error: Refused },
  function* (items) {
    for (const item of items) {
      if (item === "fail") throw new Refused({ reason: "in the middle" })
      if (item === "die") throw new Error("in the middle")
      yield item
    }
  }
)

/** A generator that emits, then does what its payload says. */
export const emitsThen = Task.stream(
  url,
  "emitsThen",
  { payload: Schema.String, element: Schema.Unknown },
  function* (ending) {
    yield 1
    yield 2
    if (ending === "throw") throw new Broken("it broke in the middle")
    if (ending === "exit") process.exit(3)
    if (ending === "function") yield { deep: () => 1 }
    if (ending === "spin") for (;;) YieldPoint.check()
  }
)

const kept: Array<unknown> = []

/** Leaks some 30 MB, and says where. */
export const leaks = Task.make(url, "leaks", { payload: Schema.Void, success: Schema.Number }, () => {
  kept.push(Array.from({ length: 1_000_000 }, (_, i) => ({ i })))
  return threadId
})

export const beatsFor = Task.make(
  url,
  "beatsFor",
  { payload: Schema.Struct({ shared: Shared, ms: Schema.Number }), success: Schema.Number },
  ({ ms, shared }) => {
    const end = performance.now() + ms
    Atomics.add(cells(shared), Cell.started, 1)
    while (performance.now() < end) Atomics.add(cells(shared), Cell.beats, 1)
    return ms
  }
)

export const tracedStream = Task.stream(url, "tracedStream", { payload: Schema.Void, element: Schema.Number }, () =>
  Stream.make(1, 2).pipe(Stream.mapEffect((n) => Effect.succeed(n).pipe(Effect.withSpan("element"))))
)

/** Is in a native call until somebody opens the pipe at this path. */
export const native = Task.make(
  import.meta.url,
  "native",
  { payload: Schema.Struct({ pipe: Schema.String, buffer: Shared }), success: Schema.Void },
  ({ buffer, pipe }) => {
    Atomics.store(cells(buffer), Cell.started, 1)
    closeSync(openSync(pipe, "r"))
  }
)

/** Waits for a native call in libuv's thread pool, which lasts until somebody opens the pipe, and cannot be interrupted meanwhile. */
export const pooled = Task.make(
  url,
  "pooled",
  { payload: Schema.Struct({ pipe: Schema.String, buffer: Shared }), success: Schema.Void },
  ({ buffer, pipe }) =>
    Effect.uninterruptible(
      Effect.callback<void>((resume) => {
        open(pipe, "r", (_, file) => close(file, () => resume(Effect.void)))
        Atomics.store(cells(buffer), Cell.started, 1)
      })
    )
)

/** Logs, starts a process that lives for a minute, tells its number, and then computes in native code. */
export const leaves = Task.make(import.meta.url, "leaves", { payload: Shared, success: Schema.Boolean }, (shared) =>
  Effect.gen(function* () {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" })
    yield* Effect.log("logged last")
    const told = new Int32Array(shared)
    Atomics.store(told, 0, child.pid!)
    Atomics.notify(told, 0)
    return /^(a+)+$/.test(`${"a".repeat(40)}b`)
  })
)
