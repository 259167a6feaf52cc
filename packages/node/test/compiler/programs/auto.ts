/** `Compute.auto` on real workers, for NodeCompute/auto.test.ts: prints one JSON line of what it saw. */
import { threadId } from "node:worker_threads"
import { Compute, FairScheduler, Pure } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Cause, Effect, Exit, Layer, Metric, Tracer } from "effect"
import * as rank from "./rank.ts"

const inMain = Pure.fn("inMain", (rounds: number) => {
  let x = 0
  for (let i = 0; i < rounds; i++) x = (x + i) | 0
  return x
})

/** some 30 to 100 ms */
const long = 30_000_000

const times = <A, E>(n: number, call: Effect.Effect<A, E, Compute.Compute>) =>
  Effect.forEach(Array.from({ length: n }), () => call)

const defectOf = (exit: Exit.Exit<unknown, unknown>) => {
  const reason = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isDieReason) : undefined
  const defect = reason?.defect as (RangeError & { readonly code: string; readonly threadId: number }) | undefined
  return (
    defect && {
      ...defect,
      class: defect.constructor.name,
      message: defect.message,
      range: defect instanceof RangeError
    }
  )
}

const program = Effect.gen(function* () {
  const results = yield* times(8, Compute.auto(rank.burn, long))
  const short = yield* times(300, Compute.auto(rank.burn, 10))
  const failures = yield* times(8, Effect.exit(Compute.auto(rank.fails, long)))
  const points = yield* times(3, Compute.auto(rank.takesPoint, new rank.Point(1), long))
  const made = yield* times(3, Compute.auto(rank.givesPoint, long))
  const large = yield* times(3, Compute.auto(rank.takesAll, new Uint8Array(20_000_000), long))
  rank.setFactor(7)
  const factors = yield* times(3, Compute.auto(rank.readsFactor, long))
  const closures = [
    ...(yield* times(3, Compute.auto(rank.make(1), long))),
    ...(yield* times(3, Compute.auto(rank.make(2), long)))
  ]
  yield* times(3, Compute.auto(inMain, long))

  // one goes on here, the others on workers; none goes on afterwards
  const endless = Effect.forEach([1, 1, 1], (n) => Compute.auto(rank.forever, n), { concurrency: "unbounded" })
  const stopped = yield* Effect.timeoutOption(endless, "300 millis")

  const places: Array<unknown> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      places.push(span.attributes)
      return span
    }
  })
  yield* Compute.auto(rank.burn, long).pipe(Effect.withSpan("traced"), Effect.withTracer(tracer))

  const { functions } = yield* Compute.placement
  const metrics = yield* Metric.snapshot
  const sum = (placement: string): unknown =>
    metrics.find(
      ({ attributes, id }) => id === "giveway_compute_placements_total" && attributes?.["placement"] === placement
    )?.state
  return {
    threadId,
    threads: results.map(([, thread]) => thread),
    equal: new Set(results.map(([value]) => value)).size,
    shortThreads: [...new Set(short.map(([, thread]) => thread))],
    failures: failures.map(defectOf),
    points: points.map((each) => typeof each),
    made: made.map((each) => each instanceof rank.Point),
    large,
    factors,
    closures,
    stopped: stopped._tag,
    placements: places.map((attributes) => Array.from(attributes as Map<string, unknown>)),
    counted: { worker: sum("worker"), inline: sum("inline") },
    report: Object.fromEntries(
      functions.map(({ classes, name, ...counts }) => [name, { ...counts, last: classes.at(-1) }])
    ),
    statistics: yield* Compute.statistics
  }
})

const layer = NodeCompute.layer({ maxWorkers: 2, grace: "5 seconds", priority: false }).pipe(
  Layer.provideMerge(FairScheduler.layer())
)
console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, layer))))
