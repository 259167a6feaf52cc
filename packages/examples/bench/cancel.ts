/**
 * How long is a worker lost to a job that nobody wants any more? One worker, a job that loops for ever, and another that
 * waits in the queue: the time from the interrupt of the first to the start of the second, on the worker's own clock.
 *
 * Compliant jobs have a yield point in their loop, written by hand; plain ones get theirs from the worker that loads
 * them. Bare ones have none: their worker is killed when the grace is over,
 * and the pool's standby takes the next job. Between two kills the benchmark waits until the next standby is warm; the
 * back-to-back figures are those of kills that do not wait for it.
 *
 * An orphan is a job that still beats in shared memory after its interrupt has completed.
 *
 * Beside us, peers that can cancel at all, each in a process of its own (`measure/cancel.ts`): an endless loop is aborted
 * while another job waits behind it. The limits are a flag that a loop polls, and `terminate` with another worker ready.
 */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Fiber } from "effect"
import { runChild } from "./measure/child.ts"
import { limits, peers } from "./measure/cancelled.ts"
import type { Cancelled, Other } from "./measure/cancelled.ts"
import { bare, bytes, compliant, next, plain, views } from "./tasks/cancel.ts"
import { quantile, round, table } from "./statistics.ts"

export const summary = "from the interrupt of a job to the worker's next job: compliant, compiled and bare loops"

const jobs = 200
const backToBackJobs = 20
/** short, so that 200 kills take less than a minute; the pool's default is longer */
const graceMs = 25

const now = () => performance.timeOrigin + performance.now()

const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(1)
  })

interface Measured {
  /** from the interrupt until it has completed */
  readonly told: ReadonlyArray<number>
  /** from the interrupt until the next job began */
  readonly latencies: ReadonlyArray<number>
  readonly orphans: number
}

/** Runs `count` jobs of `task`, interrupts each while another waits, and looks whether any of them is left. */
const measure = (
  task: typeof bare,
  count: number,
  standby: boolean
): Effect.Effect<Measured, unknown, Compute.Compute> =>
  Effect.gen(function* () {
    const shared = new SharedArrayBuffer(bytes(2 * count))
    const { beats, startedAt } = views(shared, 2 * count)
    const told: Array<number> = []
    const latencies: Array<number> = []
    for (let i = 0; i < count; i++) {
      const unwanted = yield* Effect.forkChild(Compute.run(task, { shared, slot: 2 * i }), { startImmediately: true })
      yield* until(() => startedAt[2 * i] !== 0)
      const waiting = yield* Effect.forkChild(Compute.run(next, { shared, slot: 2 * i + 1 }), {
        startImmediately: true
      })
      const interrupted = now()
      yield* Fiber.interrupt(unwanted)
      told.push(now() - interrupted)
      yield* Fiber.join(waiting)
      latencies.push(startedAt[2 * i + 1]! - interrupted)
      if (standby) yield* standbyIsWarm
    }
    const before = Int32Array.from(beats)
    yield* Effect.sleep(100)
    return {
      told,
      latencies,
      orphans: beats.reduce((orphans, beat, i) => (beat === before[i] ? orphans : orphans + 1), 0)
    }
  })

const standbyIsWarm = Effect.gen(function* () {
  while ((yield* Compute.statistics).standby === 0) yield* Effect.sleep(2)
})

export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  const program = Effect.gen(function* () {
    log(`${jobs} compliant jobs …`)
    const cooperative = yield* measure(compliant, jobs, false)
    log(`${jobs} plain loops …`)
    const compiled = yield* measure(plain, jobs, false)
    log(`${jobs} bare loops, grace ${graceMs} ms, each with a warm standby …`)
    yield* measure(bare, 1, true)
    const kill = yield* measure(bare, jobs, true)
    log(`${backToBackJobs} bare loops, back to back …`)
    const backToBack = yield* measure(bare, backToBackJobs, false)
    return { compiled, cooperative, kill, backToBack }
  }).pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1, grace: graceMs })))
  const { backToBack, compiled, cooperative, kill } = await Effect.runPromise(program)

  const others = new Map<Other, Cancelled>()
  for (const name of [...peers, ...limits]) {
    log(`${name} …`)
    const end = await runChild<Cancelled>({ script: "cancel.ts", args: [name], boundMs: 60_000 })
    if (end._tag === "Result") others.set(name, end.value)
    else log(`  no figures: ${end._tag === "Hung" ? "it hung" : `ended by ${end.by}`}\n${end.said}`)
  }
  const figuresOf = (names: ReadonlyArray<Other>) =>
    Object.fromEntries([...others].filter(([name]) => names.includes(name)))

  const p = (measured: Measured, q: number) => round(quantile(measured.latencies, q))
  const told = (measured: Measured, q: number) => round(quantile(measured.told, q))
  log(
    table([
      ["interrupt to next job, ms", "p50", "p99", "orphans"],
      ["compliant", p(cooperative, 0.5), p(cooperative, 0.99), cooperative.orphans],
      ["plain loop, compiled", p(compiled, 0.5), p(compiled, 0.99), compiled.orphans],
      [`bare loop (grace ${graceMs})`, p(kill, 0.5), p(kill, 0.99), kill.orphans],
      ["bare loop, back to back", p(backToBack, 0.5), p(backToBack, 0.99), backToBack.orphans]
    ])
  )
  log("")
  log(
    table([
      ["endless loop, cancelled, p50 in ms", "caller told", "next job began"],
      [`giveway, with yield points`, told(cooperative, 0.5), p(cooperative, 0.5)],
      [`giveway, without (grace ${graceMs})`, told(kill, 0.5), p(kill, 0.5)],
      ...Array.from(others, ([name, { nextMs, toldMs }]): ReadonlyArray<string | number> => [
        limits.some((limit) => limit === name) ? `limit: ${name}` : name,
        toldMs ?? "–",
        nextMs ?? "never"
      ])
    ])
  )
  return {
    bench: "cancel",
    cooperativeP50Ms: p(cooperative, 0.5),
    cooperativeP99Ms: p(cooperative, 0.99),
    compiledP50Ms: p(compiled, 0.5),
    compiledP99Ms: p(compiled, 0.99),
    cooperativeToldP50Ms: told(cooperative, 0.5),
    cooperativeToldP99Ms: told(cooperative, 0.99),
    killP50Ms: p(kill, 0.5),
    killP99Ms: p(kill, 0.99),
    killToldP50Ms: told(kill, 0.5),
    killToldP99Ms: told(kill, 0.99),
    orphans: cooperative.orphans + compiled.orphans + kill.orphans + backToBack.orphans,
    graceMs,
    jobs,
    backToBackKillP50Ms: p(backToBack, 0.5),
    peers: figuresOf(peers),
    limits: figuresOf(limits)
  }
}
