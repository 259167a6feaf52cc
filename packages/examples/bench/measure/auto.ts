/**
 * The cells of the benchmark `auto`, in a process of their own under `--import @giveway/node/register`. Prints one JSON
 * line.
 *
 * A cell is a mix of calls from some fibers at once. Its four placements take turns, each round begins with another, and
 * what counts is the best round of each: on a machine that others use, the rest is theirs.
 *
 * The stall is how long this thread computed without letting a timer through: its CPU time between two ticks of a 1 ms
 * timer, so that time which the machine gave to others is not counted.
 */
import { Compute, FairScheduler, Pure } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Layer } from "effect"
import { round } from "../statistics.ts"
import { hidden, hiddenTask, plain, sliced, slicedHidden, task } from "../tasks/burn.ts"

type Placement = "auto" | "inline" | "sliced" | "worker"

/** One call, by how it is placed. */
type Calls<A> = Readonly<Record<Placement, (argument: A) => Effect.Effect<unknown, unknown, Compute.Compute>>>

const burn: Calls<number> = {
  auto: (rounds) => Compute.auto(sliced, rounds),
  inline: (rounds) => Effect.sync(() => plain(rounds)),
  sliced: (rounds) => sliced(rounds),
  worker: (rounds) => Compute.run(task, rounds)
}

type Hidden = readonly [seed: number, cheap: number, dear: number]

const blind: Calls<Hidden> = {
  auto: (argument) => Compute.auto(slicedHidden, ...argument),
  inline: (argument) => Effect.sync(() => hidden(...argument)),
  sliced: (argument) => slicedHidden(...argument),
  worker: (argument) => Compute.run(hiddenTask, argument)
}

if (!Pure.isCompiled(sliced) || !Pure.isCompiled(slicedHidden)) throw new Error("this needs the register hook")

/** Milliseconds that `work` takes, and the longest that it held the loop. */
const timed = <E, R>(work: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    let stall = 0
    let at = performance.now()
    let cpu = process.threadCpuUsage()
    const tick = () => {
      const now = performance.now()
      const used = process.threadCpuUsage(cpu)
      stall = Math.max(stall, Math.min(now - at, (used.user + used.system) / 1000))
      at = now
      cpu = process.threadCpuUsage()
    }
    const timer = setInterval(tick, 1)
    const start = performance.now()
    yield* work
    const ms = performance.now() - start
    tick()
    clearInterval(timer)
    return { ms, stall }
  })

/** Each fiber makes its share of the calls, one after another. */
const run = <A>(call: Calls<A>[Placement], shares: ReadonlyArray<ReadonlyArray<A>>) =>
  Effect.forEach(
    shares,
    Effect.fnUntraced(function* (share) {
      for (const argument of share) yield* call(argument)
    }),
    { concurrency: "unbounded", discard: true }
  )

const placements = ["auto", "inline", "sliced", "worker"] as const

interface Cell {
  readonly costUs: number | string
  readonly concurrency: number
  readonly calls: number
  readonly rounds: number
}

const measure = <A>(cell: Cell, calls: Calls<A>, argument: (index: number) => A) =>
  Effect.gen(function* () {
    const { concurrency, costUs, rounds } = cell
    const shares = Array.from({ length: concurrency }, (_, fiber) =>
      Array.from({ length: Math.ceil(cell.calls / concurrency) }, (_, index) => argument(index * concurrency + fiber))
    )
    const best: Record<Placement, number> = { auto: Infinity, inline: Infinity, sliced: Infinity, worker: Infinity }
    let maxStallMs = 0
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < placements.length; turn++) {
        const placement = placements[(round + turn) % placements.length]!
        const { ms, stall } = yield* timed(run(calls[placement], shares))
        best[placement] = Math.min(best[placement], ms)
        if (placement === "auto") maxStallMs = Math.max(maxStallMs, stall)
      }
    }
    const ratioToBest = best.auto / Math.min(best.inline, best.sliced, best.worker)
    return {
      costUs,
      concurrency,
      calls: cell.calls,
      autoMs: round(best.auto),
      inlineMs: round(best.inline),
      slicedMs: round(best.sliced),
      workerMs: round(best.worker),
      ratioToBest: round(ratioToBest),
      maxStallMs: round(maxStallMs)
    }
  })

/** Rounds per microsecond, of the best of many short tries: others use the machine, too. */
const calibrate = (): number => {
  let best = Infinity
  for (let i = 0; i < 2000; i++) {
    const start = performance.now()
    plain(100_000)
    best = Math.min(best, performance.now() - start)
  }
  return 100 / best
}

/** Calls of a cost: some 60 ms of work, at most as many as a worker can run in a second, at least two for each fiber. */
const callsOf = (us: number, concurrency: number): number =>
  us >= 1_000_000 ? Math.max(2, concurrency) : Math.max(2 * concurrency, Math.min(5000, Math.round(60_000 / us)))

const concurrencies = [1, 16]
const costsUs = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
/** the turn of the event loop: fibers give way at its end, or earlier */
const sliceMs = 3

const program = Effect.gen(function* () {
  const perUs = calibrate()
  const rounds = (us: number): number => Math.round(us * perUs)
  // both workers are started, and have the modules
  yield* Effect.forEach([1, 2, 3, 4], () => Compute.run(task, rounds(20_000)), { concurrency: "unbounded" })
  const cells = []
  for (const concurrency of concurrencies) {
    for (const us of costsUs) {
      const cell = { costUs: us, concurrency, calls: callsOf(us, concurrency), rounds: us < 100_000 ? 12 : 2 }
      cells.push(yield* measure(cell, burn, () => rounds(us)))
    }
    const visible = { costUs: "1 to 10000", concurrency, calls: 240, rounds: 6 }
    cells.push(yield* measure(visible, burn, (index) => rounds(10 ** (((index * 7) % 24) / 6))))
    const unseen = { costUs: "5, one in 16 5000", concurrency, calls: 240, rounds: 6 }
    cells.push(yield* measure(unseen, blind, (index): Hidden => [index, rounds(5), rounds(5000)]))
  }
  return cells
})

const layer = NodeCompute.layer().pipe(Layer.provideMerge(FairScheduler.layer({ turn: sliceMs })))
const cells = await Effect.runPromise(Effect.provide(program, layer))
console.log(JSON.stringify({ cells, sliceMs }))
process.exit(0)
