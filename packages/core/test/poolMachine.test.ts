/**
 * Every interleaving of small pools.
 *
 * A world is the machine's state and a model of what surrounds it: threads that boot, run, crash or ignore a cancel;
 * timers; callers that submit and interrupt. From each world every possible event is tried, until no new world appears.
 * The checks are the promises of `poolMachine.ts`, looked at from outside: what the threads do, what the callers are told.
 */
import { assert, describe, it } from "vitest"
import * as pool from "../src/internal/poolMachine.ts"

interface Thread {
  readonly phase: "booting" | "idle" | "running"
  readonly job: number
  readonly told: "nothing" | "stop" | "terminate"
  /** whether the grace timer runs */
  readonly grace: boolean
}

interface Caller {
  readonly dispatched: boolean
  readonly interrupted: boolean
  readonly settled: pool.Settlement | undefined
}

interface World {
  readonly state: pool.PoolState
  readonly threads: ReadonlyMap<number, Thread>
  readonly callers: ReadonlyArray<Caller>
  /** crashes and failed boots that may still happen */
  readonly accidents: number
  readonly shutdown: boolean
}

interface Scenario extends pool.PoolConfig {
  readonly jobs: number
  readonly accidents: number
}

/** Worlds with the same future share a key: workers are named by their order, and answered callers are all alike. */
const keyOf = ({ accidents, callers, shutdown, state, threads }: World): string => {
  const names = new Map(Array.from(threads.keys(), (worker, index) => [worker, index]))
  return JSON.stringify([
    Array.from(state.workers, ([worker, { phase, standby }]) => [names.get(worker), phase, standby]),
    state.idle.map((worker) => names.get(worker)),
    state.queued.toArray(),
    state.suspended.toArray(),
    state.wantsStandby,
    Array.from(threads.values(), ({ grace, job, phase, told }) => [grace, job, phase, told]),
    callers.map(({ interrupted, settled }) => (settled === undefined ? interrupted : "settled")),
    accidents,
    shutdown
  ])
}

/** `assert` would take most of the time of a million checks. */
const promise = (kept: boolean, otherwise: string): void => {
  if (!kept) throw new Error(otherwise)
}

/** What may end in the death of a worker. */
const killers = new Set(["GraceExpired", "StopExpired", "Shutdown"])

/** What may happen next. `fair`: what happens sooner or later by itself, if nothing breaks. */
const eventsOf = (world: World, scenario: Scenario): Array<{ readonly event: pool.Event; readonly fair: boolean }> => {
  const events: Array<{ readonly event: pool.Event; readonly fair: boolean }> = []
  if (world.callers.length < scenario.jobs) {
    events.push({ event: { _tag: "Submit", job: world.callers.length + 1 }, fair: false })
  }
  for (const [index, caller] of world.callers.entries()) {
    if (!caller.interrupted && caller.settled === undefined) {
      events.push({ event: { _tag: "Cancel", job: index + 1 }, fair: false })
    }
  }
  if (!world.shutdown) events.push({ event: { _tag: "Shutdown" }, fair: false })
  for (const [worker, thread] of world.threads) {
    const ends = thread.told !== "nothing"
    if (thread.phase === "booting") events.push({ event: { _tag: "WorkerReady", worker }, fair: !ends })
    if (thread.phase === "running") {
      events.push({ event: { _tag: "JobDone", worker, job: thread.job }, fair: !ends && !thread.grace })
      if (thread.grace) events.push({ event: { _tag: "GraceExpired", worker, job: thread.job }, fair: true })
    }
    if (thread.told === "stop") events.push({ event: { _tag: "StopExpired", worker }, fair: false })
    if (ends || world.accidents > 0) events.push({ event: { _tag: "WorkerExited", worker }, fair: ends })
  }
  return events
}

const apply = (world: World, event: pool.Event, scenario: Scenario): World => {
  const state = pool.copy(world.state)
  const threads = new Map(world.threads)
  const callers = Array.from(world.callers)
  let { accidents, shutdown } = world
  const thread = (worker: number, change: Partial<Thread>): void => {
    const thread = threads.get(worker)
    if (thread !== undefined) threads.set(worker, { ...thread, ...change })
  }
  const caller = (job: number, change: Partial<Caller>): void => {
    callers[job - 1] = { ...callers[job - 1]!, ...change }
  }

  // what the event means outside
  if (event._tag === "Submit") callers.push({ dispatched: false, interrupted: false, settled: undefined })
  if (event._tag === "Cancel") caller(event.job, { interrupted: true })
  if (event._tag === "Shutdown") shutdown = true
  if (event._tag === "WorkerReady") thread(event.worker, { phase: "idle" })
  if (event._tag === "JobDone") thread(event.worker, { phase: "idle", job: 0 })
  if (event._tag === "GraceExpired") thread(event.worker, { grace: false })
  if (event._tag === "WorkerExited") {
    if (threads.get(event.worker)!.told === "nothing") accidents--
    threads.delete(event.worker)
  }

  // what the machine makes of it
  const runs = (job: number) => Array.from(threads.values()).some((thread) => thread.job === job)
  for (const action of pool.step(state, event)) {
    switch (action._tag) {
      case "Spawn": {
        promise(action.worker >= world.state.nextWorker, "a worker's number is used twice")
        threads.set(action.worker, { phase: "booting", job: 0, told: "nothing", grace: false })
        break
      }
      case "Dispatch": {
        const target = threads.get(action.worker)!
        promise(target.phase === "idle" && target.told === "nothing", "a job goes to a worker that cannot take it")
        const { dispatched, interrupted, settled } = callers[action.job - 1]!
        promise(!dispatched && !interrupted && settled === undefined, "a job is dispatched that should not be")
        thread(action.worker, { phase: "running", job: action.job })
        caller(action.job, { dispatched: true })
        break
      }
      case "RaiseCancel": {
        promise(threads.get(action.worker)!.job === action.job, "the flag hits another job")
        promise(callers[action.job - 1]!.interrupted || shutdown, "a job is cancelled that nobody cancelled")
        thread(action.worker, { grace: true })
        break
      }
      case "StopGrace": {
        thread(action.worker, { grace: false })
        break
      }
      case "Terminate": {
        promise(killers.has(event._tag), "a worker is killed too early")
        thread(action.worker, { told: "terminate", grace: false })
        break
      }
      case "Stop": {
        promise(threads.get(action.worker)!.phase === "idle", "a worker is stopped in its work")
        thread(action.worker, { told: "stop" })
        break
      }
      case "Settle": {
        const told = callers[action.job - 1]!
        promise(told.settled === undefined, "a caller is told twice")
        promise(!runs(action.job), "a caller is told that its job is over while it runs")
        promise(action.as !== "gone" || told.interrupted || shutdown, "a job is gone that nobody cancelled")
        promise(!told.interrupted || (action.as !== "done" && action.as !== "workerLost"), "interruption must win")
        caller(action.job, { settled: action.as })
        break
      }
      case "Closed": {
        promise(threads.size === 0, "it says it is closed, but threads live")
      }
    }
  }
  const next: World = { state, threads, callers, accidents, shutdown }
  inspect(next, scenario)
  return next
}

const inspect = ({ callers, shutdown, state, threads }: World, scenario: Scenario): void => {
  const live = Array.from(threads.values())
  const { busy, queued, standby, suspended } = pool.census(state)
  const bound = scenario.maxWorkers + scenario.capacity
  promise(live.filter((thread) => thread.told === "nothing").length <= scenario.maxWorkers + 1, "too many workers")
  promise(live.length <= 2 * scenario.maxWorkers + 1, "zombies pile up")
  promise(queued + busy <= bound, "the queue is over its bound")
  promise(suspended === 0 || queued + busy === bound, "there is room, but callers wait")
  const idle = live.filter((thread) => thread.phase === "idle" && thread.told === "nothing").length
  promise(queued === 0 || shutdown || idle <= standby, "a job waits beside an idle worker")
  const unsettled = callers.filter((caller) => caller.settled === undefined).length
  promise(unsettled >= queued + busy + suspended, "a job is kept too long")
}

/**
 * Lets everything happen that happens by itself: then every caller must have its answer. `settling` are the worlds of
 * which that is known.
 */
const settlesByItself = (world: World, scenario: Scenario, settling: Set<string>): void => {
  const path: Array<string> = []
  for (let current = world, key = keyOf(world); !settling.has(key); key = keyOf(current)) {
    promise(path.length < 1000, "it never comes to rest")
    path.push(key)
    const next = eventsOf(current, scenario).find(({ fair }) => fair)
    if (next === undefined) {
      promise(
        current.callers.every((caller) => caller.settled !== undefined),
        `a job hangs: ${key}`
      )
      promise(!current.shutdown || current.state.closed, "the pool does not close")
      break
    }
    current = apply(current, next.event, scenario)
  }
  for (const key of path) settling.add(key)
}

const explore = (scenario: Scenario): number => {
  const empty: World = {
    state: pool.make(scenario),
    threads: new Map(),
    callers: [],
    accidents: scenario.accidents,
    shutdown: false
  }
  const start = apply(empty, { _tag: "Start" }, scenario)
  const seen = new Set([keyOf(start)])
  const settling = new Set<string>()
  const frontier = [start]
  for (let world = frontier.pop(); world !== undefined; world = frontier.pop()) {
    settlesByItself(world, scenario, settling)
    for (const { event } of eventsOf(world, scenario)) {
      const next = apply(world, event, scenario)
      const key = keyOf(next)
      if (seen.has(key)) continue
      seen.add(key)
      frontier.push(next)
    }
  }
  return seen.size
}

describe("every interleaving keeps the promises:", () => {
  for (const overflow of ["suspend", "fail"] as const) {
    for (const [maxWorkers, capacity, jobs, accidents] of [
      [1, 1, 2, 2],
      [1, 1, 3, 1],
      [2, 1, 2, 1],
      [2, 0, 3, 0]
    ] as const) {
      it(`${maxWorkers} workers, ${capacity} places, ${jobs} jobs, ${accidents} accidents, overflow ${overflow}`, () => {
        const scenario = { maxWorkers, minWorkers: 1, capacity, overflow, standby: true, jobs, accidents }
        assert.isAbove(explore(scenario), 100)
      })
    }
  }

  it("without a standby, without a queue, without warm workers", () => {
    const scenario = { maxWorkers: 1, minWorkers: 0, capacity: 0, overflow: "suspend", standby: false } as const
    assert.isAbove(explore({ ...scenario, jobs: 3, accidents: 1 }), 100)
  })
})

describe("a pool", () => {
  const config = { maxWorkers: 1, minWorkers: 1, capacity: 200_000, overflow: "suspend", standby: true } as const

  it("replaces a killed worker by the standby at once, without waiting for its end", () => {
    const state = pool.make(config)
    pool.step(state, { _tag: "Start" })
    pool.step(state, { _tag: "WorkerReady", worker: 1 })
    pool.step(state, { _tag: "Submit", job: 1 })
    pool.step(state, { _tag: "Submit", job: 2 })
    assert.deepStrictEqual(pool.step(state, { _tag: "Cancel", job: 1 }), [
      { _tag: "RaiseCancel", worker: 1, job: 1 },
      { _tag: "Spawn", worker: 2 }
    ])
    pool.step(state, { _tag: "WorkerReady", worker: 2 })
    assert.deepStrictEqual(pool.step(state, { _tag: "GraceExpired", worker: 1, job: 1 }), [
      { _tag: "Terminate", worker: 1, killed: true },
      { _tag: "Dispatch", worker: 2, job: 2 },
      { _tag: "Spawn", worker: 3 }
    ])
    assert.deepStrictEqual(pool.step(state, { _tag: "WorkerExited", worker: 1 }), [
      { _tag: "Settle", job: 1, as: "gone" }
    ])
  })

  it("cancels queued jobs in a time that does not grow with the queue", () => {
    const timeOf = (jobs: number): number => {
      const state = pool.make(config)
      for (let job = 1; job <= jobs; job++) pool.step(state, { _tag: "Submit", job })
      const start = performance.now()
      for (let job = jobs; job > 0; job--) pool.step(state, { _tag: "Cancel", job })
      return (performance.now() - start) / jobs
    }
    timeOf(10_000)
    // a queue that is searched would be ten times slower
    assert.isBelow(timeOf(100_000), 5 * Math.max(timeOf(10_000), 1e-4))
  })
})
