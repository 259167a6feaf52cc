/**
 * Every interleaving of small pools.
 *
 * A world is the machine's state and a model of what surrounds it: threads that boot, begin and finish the jobs in their
 * inboxes, crash or ignore a cancel; timers; callers that submit and interrupt. From each world every possible event is
 * tried, until no new world appears. The checks are the promises of `poolMachine.ts`, looked at from outside: what the
 * threads do, what the callers are told.
 *
 * A thread goes on by itself at any time: while the machine waits for an answer to `Withdraw` nothing else happens, but
 * threads begin and finish jobs. What they have finished is only known when it is collected.
 */
import { assert, describe, it } from "vitest"
import * as pool from "../../../src/internal/pool/poolMachine.ts"

interface Thread {
  readonly booted: boolean
  /** not begun */
  readonly inbox: ReadonlyArray<number>
  /** begun and not finished, 0: none */
  readonly runs: number
  /** finished, not collected */
  readonly done: ReadonlyArray<number>
  /** one that it finished was collected */
  readonly proven: boolean
  readonly told: "nothing" | "stop" | "terminate"
  /** killed, and nothing of it runs any more: what it `runs` is what it had begun */
  readonly stopped: boolean
  /** killed, and reported to take long */
  readonly lingers: boolean
  /** the job whose grace timer runs, 0: none */
  readonly grace: number
}

interface Caller {
  /** how often a thread has begun its job */
  readonly begun: number
  /** whether it went into an inbox, if it may only once */
  readonly spent: boolean
  readonly interrupted: boolean
  readonly settled: pool.Settlement | undefined
  /** workers that died before they began it, though it was their next job, and had done none */
  readonly tries: number
  /** as `tries`, of workers that had done a job */
  readonly usedTries: number
}

interface World {
  readonly state: pool.PoolState
  readonly threads: ReadonlyMap<number, Thread>
  readonly callers: ReadonlyArray<Caller>
  /** what the machine has asked back and was not told of */
  readonly asked: ReadonlyArray<{ readonly worker: number; readonly job: number }>
  /** crashes and failed boots that may still happen */
  readonly accidents: number
  /** sweeps, and workers that grow too large, that may still happen */
  readonly housekeeping: number
  readonly backOff: boolean
  readonly drain: boolean
  readonly shutdown: boolean
}

/** What happens: to the machine, or in a thread. */
type Happening =
  | pool.Event
  | { readonly _tag: "Begin" | "Finish"; readonly worker: number }
  | { readonly _tag: "Answer" }

/** As the machine's: new workers, and used ones, that may die before they begin a job. */
const mostTries = 3
const mostUsedTries = 8

interface Scenario extends pool.PoolConfig {
  readonly ahead: number
  readonly jobs: number
  readonly accidents: number
  readonly housekeeping?: number
  /** whether it is reported that a killed worker's code has stopped, and that one lingers; else only its exit is */
  readonly endings?: boolean
  /** whether to see from each world what becomes of the callers if every worker dies from then on */
  readonly allDie?: boolean
  /** jobs whose payload moves */
  readonly final?: ReadonlyArray<number>
}

/** Worlds with the same future share a key: workers are named by their order, and answered callers are all alike. */
const keyOf = ({
  accidents,
  asked,
  backOff,
  callers,
  drain,
  housekeeping,
  shutdown,
  state,
  threads
}: World): string => {
  const names = new Map(Array.from(threads.keys(), (worker, index) => [worker, index]))
  return JSON.stringify([
    Array.from(state.workers, ([worker, all]) => [names.get(worker), ...Object.values(all)]),
    state.idle.map((worker) => names.get(worker)),
    state.queued.toArray(),
    Array.from(state.unwanted).toSorted(),
    state.wantsStandby,
    // more make no difference to the promises
    Math.min(state.deaths.backOffs, mostTries),
    Math.min(state.deaths.unproven, mostTries),
    Math.min(state.deaths.inJobs, 2 * state.config.maxWorkers + 1),
    Array.from(threads.values(), (thread) => Object.values(thread)),
    callers.map(({ begun, interrupted, settled, spent, tries, usedTries }) =>
      settled === undefined ? [begun, interrupted, spent, tries, usedTries] : "settled"
    ),
    Array.from(state.final).toSorted(),
    asked.map(({ job, worker }) => [names.get(worker), job]),
    accidents,
    housekeeping,
    backOff,
    drain,
    shutdown
  ])
}

/** `assert` would take most of the time of a million checks. */
const promise = (kept: boolean, otherwise: string): void => {
  if (!kept) throw new Error(otherwise)
}

const deathOf = (worker: number, { runs }: Thread): pool.Event => ({ _tag: "WorkerExited", worker, job: runs, now: 0 })

/** What may happen next. `fair`: what happens sooner or later by itself, if nothing breaks. */
const eventsOf = (world: World, scenario: Scenario): Array<{ readonly event: Happening; readonly fair: boolean }> => {
  const events: Array<{ readonly event: Happening; readonly fair: boolean }> = []
  for (const [worker, thread] of world.threads) {
    const lives = thread.booted && thread.told !== "terminate"
    if (thread.runs !== 0 && !thread.stopped)
      events.push({ event: { _tag: "Finish", worker }, fair: lives && thread.grace !== thread.runs })
    else if (lives && thread.inbox.length > 0) events.push({ event: { _tag: "Begin", worker }, fair: true })
  }
  if (world.asked.length > 0) return [...events, { event: { _tag: "Answer" }, fair: true }]

  if (world.callers.length < scenario.jobs) {
    const job = world.callers.length + 1
    const final = scenario.final?.includes(job) === true
    events.push({ event: { _tag: "Submit", job, now: 0, final }, fair: false })
  }
  for (const [index, caller] of world.callers.entries()) {
    if (!caller.interrupted && caller.settled === undefined) {
      events.push({ event: { _tag: "Cancel", job: index + 1 }, fair: false })
    }
  }
  if (!world.shutdown) events.push({ event: { _tag: "Shutdown" }, fair: false })
  if (world.backOff) events.push({ event: { _tag: "BackOffOver" }, fair: true })
  if (world.drain) events.push({ event: { _tag: "DrainExpired" }, fair: true })
  if (world.housekeeping > 0) {
    events.push({ event: { _tag: "Sweep" }, fair: false })
    events.push({ event: { _tag: "Reloaded" }, fair: false })
    for (const worker of world.threads.keys()) {
      events.push({ event: { _tag: "Oversized", worker }, fair: false })
      events.push({ event: { _tag: "Spoilt", worker }, fair: false })
    }
  }
  for (const [worker, thread] of world.threads) {
    const ends = thread.told !== "nothing"
    if (!thread.booted) events.push({ event: { _tag: "WorkerReady", worker }, fair: !ends })
    const [job] = thread.done
    if (job !== undefined) events.push({ event: { _tag: "JobDone", worker, job }, fair: true })
    if (thread.grace !== 0) events.push({ event: { _tag: "GraceExpired", worker, job: thread.grace }, fair: true })
    if (thread.runs !== 0 && thread.inbox.length > 0) events.push({ event: { _tag: "Delayed", worker }, fair: false })
    if (thread.told === "terminate" && scenario.endings === true) {
      // neither need be reported before the end
      if (!thread.stopped) events.push({ event: { _tag: "CodeStopped", worker }, fair: false })
      // the machine treats both the same, whichever comes first
      if (thread.lingers) events.push({ event: { _tag: "Abandoned", worker }, fair: false })
      if (!thread.lingers) events.push({ event: { _tag: "Lingers", worker }, fair: false })
    }
    if (thread.told === "stop") events.push({ event: { _tag: "StopExpired", worker }, fair: false })
    // what a thread has finished is collected before its end is reported
    if (job === undefined && (ends || world.accidents > 0)) {
      events.push({ event: deathOf(worker, thread), fair: ends })
    }
  }
  return events
}

const apply = (world: World, event: Happening, scenario: Scenario): World => {
  const state = pool.copy(world.state)
  const threads = new Map(world.threads)
  const callers = Array.from(world.callers)
  const asked = Array.from(world.asked)
  let { accidents, backOff, drain, housekeeping, shutdown } = world
  const thread = (worker: number, change: Partial<Thread>): void => {
    const thread = threads.get(worker)
    if (thread !== undefined) threads.set(worker, { ...thread, ...change })
  }
  const caller = (job: number, change: Partial<Caller>): void => {
    callers[job - 1] = { ...callers[job - 1]!, ...change }
  }

  // what happens outside
  let heard: pool.Event | undefined
  switch (event._tag) {
    case "Begin": {
      const [job, ...inbox] = threads.get(event.worker)!.inbox
      const { begun, settled } = callers[job! - 1]!
      promise(begun === 0, "a job is begun twice")
      promise(settled === undefined, "a job is begun that is over")
      caller(job!, { begun: begun + 1 })
      thread(event.worker, { inbox, runs: job! })
      break
    }
    case "Finish": {
      const { done, runs } = threads.get(event.worker)!
      thread(event.worker, { runs: 0, done: [...done, runs] })
      break
    }
    case "Answer": {
      const { job, worker } = asked.shift()!
      const inbox = threads.get(worker)?.inbox ?? []
      if (inbox.includes(job)) thread(worker, { inbox: inbox.filter((each) => each !== job) })
      heard = { _tag: inbox.includes(job) ? "Withdrawn" : "Kept", worker, job }
      break
    }
    default: {
      heard = event
      if (event._tag === "Submit")
        callers.push({ begun: 0, spent: false, interrupted: false, settled: undefined, tries: 0, usedTries: 0 })
      if (event._tag === "Cancel") caller(event.job, { interrupted: true })
      if (event._tag === "Shutdown") shutdown = true
      if (event._tag === "BackOffOver") backOff = false
      if (event._tag === "DrainExpired") drain = false
      if (event._tag === "Sweep" || event._tag === "Oversized" || event._tag === "Spoilt" || event._tag === "Reloaded")
        housekeeping--
      if (event._tag === "WorkerReady") thread(event.worker, { booted: true })
      if (event._tag === "JobDone")
        thread(event.worker, { done: threads.get(event.worker)!.done.slice(1), proven: true })
      if (event._tag === "GraceExpired") thread(event.worker, { grace: 0 })
      if (event._tag === "CodeStopped" || event._tag === "Abandoned") thread(event.worker, { stopped: true })
      if (event._tag === "Lingers") thread(event.worker, { lingers: true })
      if (event._tag === "WorkerExited") {
        const { inbox, proven, runs, told } = threads.get(event.worker)!
        if (told === "nothing") accidents--
        if (runs === 0 && inbox.length > 0) {
          const { tries, usedTries } = callers[inbox[0]! - 1]!
          caller(inbox[0]!, proven ? { usedTries: usedTries + 1 } : { tries: tries + 1 })
        }
        threads.delete(event.worker)
      }
    }
  }
  if (heard === undefined) return { ...world, threads, callers }

  // what the machine makes of it
  const holders = (job: number) =>
    Array.from(threads.values()).filter(({ inbox, runs, stopped }) => (runs === job && !stopped) || inbox.includes(job))
  const actions = pool.step(state, heard)
  const died = heard._tag === "WorkerExited" ? world.threads.get(heard.worker)! : undefined
  if (died?.told === "nothing" && died.runs === 0 && !shutdown)
    promise(backOff || actions.some(({ _tag }) => _tag === "BackOff"), "a worker that died is replaced at once")
  const isDeserted = Array.from(threads.values()).every(({ told }) => told !== "nothing")
  for (const action of actions) {
    switch (action._tag) {
      case "Spawn": {
        promise(action.worker >= world.state.nextWorker, "a worker's number is used twice")
        promise(!backOff, "a worker is started before its time")
        threads.set(action.worker, {
          booted: false,
          inbox: [],
          runs: 0,
          done: [],
          proven: false,
          told: "nothing",
          stopped: false,
          lingers: false,
          grace: 0
        })
        break
      }
      case "Dispatch": {
        const target = threads.get(action.worker)!
        promise(target.booted && target.told === "nothing", "a job goes to a worker that cannot take it")
        promise(
          target.inbox.length + target.done.length + (target.runs === 0 ? 0 : 1) <= scenario.ahead,
          "too many are sent ahead"
        )
        const { begun, interrupted, settled } = callers[action.job - 1]!
        promise(begun === 0 && !interrupted && settled === undefined, "a job is dispatched that should not be")
        promise(holders(action.job).length === 0, "a job is in two inboxes")
        const { tries, usedTries } = callers[action.job - 1]!
        promise(tries < mostTries && usedTries < mostUsedTries, "a job is tried without end")
        const isAlone = target.inbox.length === 0 && target.runs === 0 && target.done.length === 0
        promise(isAlone || tries + usedTries === 0, "a job whose worker has died goes behind another")
        if (scenario.final?.includes(action.job) === true) {
          promise(isAlone, "a job that cannot be taken back is sent ahead")
          promise(!callers[action.job - 1]!.spent, "a job is sent twice whose payload is gone")
          caller(action.job, { spent: true })
        }
        thread(action.worker, { inbox: [...target.inbox, action.job] })
        break
      }
      case "Withdraw": {
        asked.push(action)
        break
      }
      case "RaiseCancel": {
        const { done, grace, inbox, runs } = threads.get(action.worker)!
        promise(grace === 0, "a second use of a worker's timer, while it measures a grace")
        promise(!inbox.includes(action.job), "a job is cancelled before it is begun")
        promise(runs === action.job || done.includes(action.job), "the cancel cell of another worker is written")
        promise(
          runs === 0 || runs === action.job || done.includes(action.job),
          "the cancel cell names another job than the one that runs"
        )
        promise(
          callers[action.job - 1]!.interrupted || (shutdown && !drain),
          "a job is cancelled that nobody cancelled"
        )
        thread(action.worker, { grace: action.job })
        break
      }
      case "StopGrace": {
        thread(action.worker, { grace: 0 })
        break
      }
      case "Terminate": {
        const { inbox, runs, told } = threads.get(action.worker)!
        promise(told !== "terminate", "a worker is killed twice")
        promise(inbox.length === 0, "a worker is killed with others' jobs in its inbox")
        const wanted = runs !== 0 && !callers[runs - 1]!.interrupted && (!shutdown || drain)
        promise(!wanted, "a worker is killed for a job that is over, and another runs")
        thread(action.worker, { told: "terminate", grace: 0 })
        break
      }
      case "Stop": {
        const { grace, inbox, runs } = threads.get(action.worker)!
        promise(grace === 0, "a second use of a worker's timer, while it measures a grace")
        promise(inbox.length === 0 && runs === 0, "a worker is stopped in its work")
        thread(action.worker, { told: "stop" })
        break
      }
      case "Settle": {
        const told = callers[action.job - 1]!
        promise(told.settled === undefined, "a caller is told twice")
        promise(holders(action.job).length === 0, "a caller is told that its job is over while it runs, or may")
        promise(action.as !== "gone" || told.interrupted || shutdown, "a job is gone that nobody cancelled")
        promise(!told.interrupted || (action.as !== "done" && action.as !== "workerLost"), "interruption must win")
        const mayBeLost = told.begun === 1 || told.spent
        promise(action.as !== "workerLost" || mayBeLost, "a job is lost with a worker that had not begun it")
        promise(
          action.as !== "workerUnavailable" ||
            told.tries === mostTries ||
            told.usedTries === mostUsedTries ||
            (isDeserted && died?.proven !== true),
          "a job is given up though a worker may take it"
        )
        caller(action.job, { settled: action.as })
        break
      }
      case "BackOff": {
        backOff = true
        break
      }
      case "Drain": {
        drain = true
        break
      }
      case "Closed": {
        drain = false
        promise(threads.size === 0, "it says it is closed, but threads live")
      }
    }
  }
  const next: World = { state, threads, callers, asked, accidents, housekeeping, backOff, drain, shutdown }
  inspect(next, scenario)
  return next
}

const inspect = ({ asked, backOff, callers, shutdown, state, threads }: World, scenario: Scenario): void => {
  const live = Array.from(threads.values())
  const { standby } = pool.census(state)
  const bound = scenario.maxWorkers + scenario.capacity
  const admitted = state.queued.size + state.sent.size
  promise(live.filter((thread) => thread.told === "nothing").length <= scenario.maxWorkers + 1, "too many workers")
  promise(live.length <= 2 * scenario.maxWorkers + 1, "zombies pile up")
  promise(scenario.overflow === "suspend" || admitted <= bound, "the queue is over its bound")
  if (asked.length > 0) return
  const kept = live.filter((thread) => thread.told === "nothing").length
  const room = live.length - kept <= scenario.maxWorkers
  promise(kept >= scenario.minWorkers || !room || shutdown || backOff, "fewer workers than are to be kept warm")
  const idle = live.filter(
    ({ booted, done, inbox, runs, told }) =>
      booted && told === "nothing" && runs === 0 && inbox.length === 0 && done.length === 0
  ).length
  promise(state.queued.size === 0 || shutdown || idle <= standby, "a job waits beside an idle worker")
  const blocked = live.some(({ done, inbox, runs }) => runs !== 0 && done.length === 0 && inbox.length > 0)
  promise(!blocked || shutdown || idle <= standby, "a job waits behind another, and a worker is idle")
  const unsettled = callers.filter((caller) => caller.settled === undefined).length
  promise(unsettled >= admitted, "a job is kept too long")
  for (const { runs, stopped } of live) {
    promise(
      !stopped || runs === 0 || callers[runs - 1]!.settled !== undefined,
      "a caller waits for code that has stopped"
    )
  }
  const standsBy = Array.from(state.workers.values()).some((worker) => worker.standby)
  const isEnding = live.some((thread) => thread.told === "terminate" && !thread.lingers)
  const isReloading = Array.from(state.workers.values()).some(
    ({ outdated, phase }) => outdated && phase._tag === "Stopping"
  )
  promise(!state.wantsStandby || standsBy || isEnding || isReloading || shutdown || backOff, "nobody stands by")
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

/**
 * Lets each worker die as soon as it is ready, for as long as a caller waits. No job is begun any more, and each must have its
 * answer after a bounded number of workers.
 */
const settlesThoughAllDie = (world: World, scenario: Scenario): void => {
  let current = world
  for (let started = 0; current.callers.some(({ settled }) => settled === undefined);) {
    promise(started < 20, "a job waits for ever while workers die")
    const [worker, thread] =
      Array.from(current.threads).find(
        ([, { booted, done, runs, told }]) => booted && told === "nothing" && runs === 0 && done.length === 0
      ) ?? []
    const event =
      worker === undefined || current.asked.length > 0
        ? eventsOf(current, scenario).find(({ fair }) => fair)?.event
        : deathOf(worker, thread!)
    if (event === undefined) throw new Error("a job hangs while workers die")
    if (event._tag === "WorkerReady") started++
    current = apply(current, event, scenario)
  }
}

const explore = (scenario: Scenario): number => {
  const empty: World = {
    state: pool.make(scenario),
    threads: new Map(),
    callers: [],
    asked: [],
    accidents: scenario.accidents,
    housekeeping: scenario.housekeeping ?? 0,
    backOff: false,
    drain: false,
    shutdown: false
  }
  const start = apply(empty, { _tag: "Start" }, scenario)
  const seen = new Set([keyOf(start)])
  const settling = new Set<string>()
  const frontier = [start]
  for (let world = frontier.pop(); world !== undefined; world = frontier.pop()) {
    settlesByItself(world, scenario, settling)
    if (scenario.allDie === true) settlesThoughAllDie(world, scenario)
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

/** Also the searches that take three seconds and more each: `GIVEWAY_LONG=1`. */
const long = process.env["GIVEWAY_LONG"] === "1"

// some take ten seconds of a core, of which a busy machine may have a tenth
describe("every interleaving keeps the promises:", { timeout: 300_000 }, () => {
  for (const overflow of ["suspend", "fail"] as const) {
    for (const [maxWorkers, capacity, ahead, jobs, accidents] of [
      [1, 1, 0, 2, 2],
      [1, 1, 1, 2, 2],
      [1, 1, 0, 3, 1],
      [1, 2, 2, 3, 1],
      [2, 1, 1, 2, 1]
    ] as const) {
      it(`${maxWorkers} workers, ${capacity} places, ${ahead} ahead, ${jobs} jobs, ${accidents} accidents, overflow ${overflow}`, () => {
        const scenario = { maxWorkers, minWorkers: 1, capacity, overflow, standby: true, ahead, jobs, accidents }
        assert.isAbove(explore(scenario), 100)
      })
    }
  }

  it(`2 workers, ${long ? 3 : 2} jobs, one of them sent ahead, without a standby`, () => {
    const scenario = { maxWorkers: 2, minWorkers: 1, capacity: 1, overflow: "fail", standby: false } as const
    assert.isAbove(explore({ ...scenario, ahead: 1, jobs: long ? 3 : 2, accidents: 0 }), 100)
  })

  it("where a killed worker's code has stopped before its exit, or lingers", () => {
    const one = { maxWorkers: 1, minWorkers: 1, capacity: 1, overflow: "suspend", standby: true } as const
    for (const ahead of [0, 1]) assert.isAbove(explore({ ...one, endings: true, ahead, jobs: 2, accidents: 1 }), 1000)
    assert.isAbove(explore({ ...one, endings: true, drain: true, ahead: 1, jobs: 2, accidents: 0 }), 1000)
    if (long) assert.isAbove(explore({ ...one, endings: true, final: [1, 2], ahead: 1, jobs: 2, accidents: 1 }), 1000)
    const two = { maxWorkers: 2, minWorkers: 1, capacity: 1, overflow: "fail", standby: false } as const
    if (long) assert.isAbove(explore({ ...two, endings: true, ahead: 1, jobs: 2, accidents: 1 }), 1000)
  })

  it("where payloads move, so that a job can be sent once", () => {
    const one = { maxWorkers: 1, minWorkers: 1, capacity: 1, overflow: "suspend", standby: true } as const
    assert.isAbove(explore({ ...one, ahead: 1, jobs: 3, accidents: 1, final: [1, 2] }), 1000)
    assert.isAbove(explore({ ...one, ahead: 2, jobs: 3, accidents: 1, final: [2] }), 1000)
    assert.isAbove(explore({ ...one, drain: true, ahead: 1, jobs: 2, accidents: 1, final: [1, 2] }), 100)
    const two = { maxWorkers: 2, minWorkers: 1, capacity: 1, overflow: "suspend", standby: false } as const
    assert.isAbove(explore({ ...two, ahead: 1, jobs: 3, accidents: 0, final: [2, 3] }), 1000)
    assert.isAbove(explore({ ...two, overflow: "drop", ahead: 1, jobs: 2, accidents: 1, final: [1, 2] }), 100)
  })

  it("where idle workers end, and used ones are replaced", () => {
    const scenario = { maxWorkers: 2, minWorkers: 0, capacity: 1, overflow: "suspend", standby: false } as const
    assert.isAbove(explore({ ...scenario, ahead: 0, jobs: 1, accidents: 0, housekeeping: 2 }), 100)
    if (long) assert.isAbove(explore({ ...scenario, ahead: 0, jobs: 2, accidents: 0, housekeeping: 2 }), 1000)
    const recycled = { ...scenario, minWorkers: 1, maxWorkers: 1, standby: true, recycleAfter: 1 }
    assert.isAbove(explore({ ...recycled, ahead: 1, jobs: 2, accidents: 1, housekeeping: 1 }), 1000)
  })

  it("where what runs may go on when the pool closes", () => {
    const scenario = { maxWorkers: 1, minWorkers: 1, capacity: 1, overflow: "suspend", standby: true } as const
    assert.isAbove(explore({ ...scenario, drain: true, ahead: 1, jobs: 3, accidents: 1 }), 1000)
  })

  it("where a newcomer takes another's place", () => {
    const scenario = { maxWorkers: 1, minWorkers: 1, capacity: 1, overflow: "drop", standby: false } as const
    assert.isAbove(explore({ ...scenario, ahead: 1, jobs: 4, accidents: 0 }), 100)
  })

  it("without a standby, without a queue, without warm workers", () => {
    const scenario = { maxWorkers: 1, minWorkers: 0, capacity: 0, overflow: "suspend", standby: false } as const
    assert.isAbove(explore({ ...scenario, ahead: 1, jobs: 3, accidents: 1 }), 100)
  })
})

describe("where every worker dies as soon as it is ready", () => {
  it("each job has its answer after a bounded number of workers", () => {
    const one = { maxWorkers: 1, minWorkers: 1, capacity: 2, overflow: "suspend", allDie: true } as const
    assert.isAbove(explore({ ...one, standby: false, ahead: 0, jobs: 1, accidents: 4 }), 100)
    assert.isAbove(explore({ ...one, standby: true, ahead: 1, jobs: 2, accidents: 3 }), 1000)
    assert.isAbove(explore({ ...one, standby: false, ahead: 2, jobs: 3, accidents: 1, final: [2] }), 1000)
    const two = { ...one, maxWorkers: 2, minWorkers: 0, standby: false } as const
    assert.isAbove(explore({ ...two, ahead: 1, jobs: 2, accidents: 2 }), 1000)
  })

  const config = { maxWorkers: 1, minWorkers: 1, capacity: 10, overflow: "suspend", standby: false } as const

  /** The back-offs that a pool orders if one worker after another ends so, each `everyMs` after the last. */
  const backOffs = (
    deaths: number,
    everyMs: number,
    die: (state: pool.PoolState, worker: number, now: number) => ReadonlyArray<pool.Action>
  ): ReadonlyArray<number> => {
    const state = pool.make(config)
    pool.step(state, { _tag: "Start" })
    const seen: Array<number> = []
    for (let worker = 1; worker <= deaths; worker++) {
      pool.step(state, { _tag: "WorkerReady", worker })
      for (const action of die(state, worker, worker * everyMs)) if (action._tag === "BackOff") seen.push(action.ms)
      if (state.backingOff) pool.step(state, { _tag: "BackOffOver" })
    }
    return seen
  }

  it("idle workers are replaced ever more slowly", () => {
    const idle = backOffs(8, 1000, (state, worker, now) =>
      pool.step(state, { _tag: "WorkerExited", worker, job: 0, now })
    )
    assert.deepStrictEqual(idle, [200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  })

  it("a time without a death ends the series", () => {
    const rare = backOffs(3, 31_000, (state, worker, now) =>
      pool.step(state, { _tag: "WorkerExited", worker, job: 0, now })
    )
    assert.deepStrictEqual(rare, [200, 200, 200])
  })

  const inJob = (state: pool.PoolState, worker: number, now: number) => {
    pool.step(state, { _tag: "Submit", job: worker, now })
    return pool.step(state, { _tag: "WorkerExited", worker, job: worker, now })
  }

  it("a worker that dies of its job is replaced at once; where each job ends its worker, not without end", () => {
    assert.deepStrictEqual(backOffs(5, 1000, inJob), [200, 400, 800])
  })

  it("a job that is done shows that not each job ends its worker", () => {
    const mixed = backOffs(20, 1000, (state, worker, now) => {
      pool.step(state, { _tag: "Submit", job: 1000 + worker, now })
      pool.step(state, { _tag: "JobDone", worker, job: 1000 + worker })
      return inJob(state, worker, now)
    })
    assert.deepStrictEqual(mixed, [])
  })

  it("that works well is slowed down little by a worker that dies idle now and then, much if each job is followed by a death", () => {
    const after = (jobs: number) =>
      backOffs(20, 1000, (state, worker, now) => {
        for (let job = 1; job <= jobs; job++) {
          pool.step(state, { _tag: "Submit", job: 1000 * worker + job, now })
          pool.step(state, { _tag: "JobDone", worker, job: 1000 * worker + job })
        }
        return pool.step(state, { _tag: "WorkerExited", worker, job: 0, now })
      })
    assert.isAtMost(Math.max(...after(200)), 200)
    assert.strictEqual(after(1).at(-1), 5000)
  })

  it("a job fails after three workers that died before it began, also where other workers live", () => {
    const state = pool.make({ ...config, maxWorkers: 2, minWorkers: 2 })
    pool.step(state, { _tag: "Start" })
    pool.step(state, { _tag: "WorkerReady", worker: 1 })
    // worker 2 takes long to start, so the pool is never without a worker
    pool.step(state, { _tag: "Submit", job: 1, now: 0 })
    const died = (worker: number) => {
      const actions = pool.step(state, { _tag: "WorkerExited", worker, job: 0, now: 0 })
      pool.step(state, { _tag: "BackOffOver" })
      pool.step(state, { _tag: "WorkerReady", worker: state.nextWorker - 1 })
      return actions
    }
    assert.deepStrictEqual(died(1), [{ _tag: "BackOff", ms: 200 }])
    assert.deepStrictEqual(died(3), [{ _tag: "BackOff", ms: 400 }])
    assert.deepStrictEqual(died(4), [
      { _tag: "Settle", job: 1, as: "workerUnavailable" },
      { _tag: "BackOff", ms: 800 }
    ])
  })

  it("no job is blamed for a worker that dies of one that it has done: each that waits is done in its turn", () => {
    for (const ahead of [0, 3]) {
      const state = pool.make({ ...config, ahead })
      pool.step(state, { _tag: "Start" })
      pool.step(state, { _tag: "WorkerReady", worker: 1 })
      for (let job = 1; job <= 9; job++) pool.step(state, { _tag: "Submit", job, now: 0 })
      for (let job = 1; job <= 9; job++) {
        const worker = state.nextWorker - 1
        assert.strictEqual(state.sent.get(job), worker)
        assert.deepInclude(pool.step(state, { _tag: "JobDone", worker, job }), { _tag: "Settle", job, as: "done" })
        const actions = pool.step(state, { _tag: "WorkerExited", worker, job: 0, now: 0 })
        assert.deepStrictEqual(actions, [{ _tag: "BackOff", ms: Math.min(5000, 200 * 2 ** (job - 1)) }])
        pool.step(state, { _tag: "BackOffOver" })
        pool.step(state, { _tag: "WorkerReady", worker: state.nextWorker - 1 })
      }
    }
  })

  it("a job that ends each worker that reads it ends few, also if each has done another one before", () => {
    const state = pool.make({ ...config, ahead: 1, maxWorkers: 2, minWorkers: 2 })
    pool.step(state, { _tag: "Start" })
    const isTried = () => state.queued.size + state.sent.size > 0
    const poison = 1_000_000
    pool.step(state, { _tag: "Submit", job: poison, now: 0 })
    const ended = new Set<number>()
    let other = 1
    for (let round = 0; isTried() && round < 100; round++) {
      for (const [worker, { phase }] of Array.from(state.workers)) {
        if (phase._tag !== "Starting") continue
        // its first job is another one, if there is any
        if (state.sent.has(poison)) pool.step(state, { _tag: "Submit", job: other++, now: 0 })
        pool.step(state, { _tag: "WorkerReady", worker })
      }
      for (const [job, worker] of Array.from(state.sent.entries())) {
        if (job === poison) continue
        pool.step(state, { _tag: "JobDone", worker, job })
      }
      const worker = state.sent.get(poison)
      if (worker !== undefined) {
        ended.add(worker)
        pool.step(state, { _tag: "WorkerExited", worker, job: 0, now: 0 })
      }
      pool.step(state, { _tag: "BackOffOver" })
    }
    assert.isFalse(isTried())
    assert.isAtMost(ended.size, mostTries + mostUsedTries)
  })

  it("the jobs behind the one that ends its worker are not blamed for that", () => {
    const state = pool.make({ ...config, ahead: 3 })
    pool.step(state, { _tag: "Start" })
    for (let job = 1; job <= 6; job++) pool.step(state, { _tag: "Submit", job, now: 0 })
    for (let worker = 1; worker <= 5; worker++) {
      pool.step(state, { _tag: "WorkerReady", worker: state.nextWorker - 1 })
      const actions = pool.step(state, { _tag: "WorkerExited", worker: state.nextWorker - 1, job: worker, now: 0 })
      assert.deepInclude(actions, { _tag: "Settle", job: worker, as: "workerLost" })
      assert.notInclude(JSON.stringify(actions), "workerUnavailable")
      pool.step(state, { _tag: "BackOffOver" })
    }
    pool.step(state, { _tag: "WorkerReady", worker: state.nextWorker - 1 })
    assert.strictEqual(state.sent.get(6), state.nextWorker - 1)
  })
})

describe("a pool", () => {
  const config = { maxWorkers: 1, minWorkers: 1, capacity: 200_000, overflow: "suspend", standby: true } as const

  it("replaces a killed worker by the standby at once, without waiting for its end", () => {
    const state = pool.make(config)
    pool.step(state, { _tag: "Start" })
    pool.step(state, { _tag: "WorkerReady", worker: 1 })
    pool.step(state, { _tag: "Submit", job: 1, now: 0 })
    pool.step(state, { _tag: "Submit", job: 2, now: 0 })
    assert.deepStrictEqual(pool.step(state, { _tag: "Cancel", job: 1 }), [{ _tag: "Withdraw", worker: 1, job: 1 }])
    assert.deepStrictEqual(pool.step(state, { _tag: "Kept", worker: 1, job: 1 }), [
      { _tag: "RaiseCancel", worker: 1, job: 1 },
      { _tag: "Spawn", worker: 2 }
    ])
    pool.step(state, { _tag: "WorkerReady", worker: 2 })
    assert.deepStrictEqual(pool.step(state, { _tag: "GraceExpired", worker: 1, job: 1 }), [
      { _tag: "Terminate", worker: 1, killed: true },
      { _tag: "Dispatch", worker: 2, job: 2 }
    ])
    assert.deepStrictEqual(pool.step(state, { _tag: "CodeStopped", worker: 1 }), [
      { _tag: "Settle", job: 1, as: "gone" }
    ])
    assert.deepInclude(pool.census(state), { zombies: 1 })
    assert.deepStrictEqual(pool.step(state, { _tag: "WorkerExited", worker: 1, job: 1, now: 0 }), [
      { _tag: "Spawn", worker: 3 }
    ])
    assert.deepStrictEqual(pool.step(state, { _tag: "CodeStopped", worker: 1 }), [])
    assert.deepInclude(pool.census(state), { zombies: 0 })
  })

  it("starts the next standby although a killed worker lingers, and tells its caller no sooner for that", () => {
    const state = pool.make(config)
    pool.step(state, { _tag: "Start" })
    pool.step(state, { _tag: "WorkerReady", worker: 1 })
    pool.step(state, { _tag: "Submit", job: 1, now: 0 })
    pool.step(state, { _tag: "Cancel", job: 1 })
    pool.step(state, { _tag: "Kept", worker: 1, job: 1 })
    pool.step(state, { _tag: "WorkerReady", worker: 2 })
    pool.step(state, { _tag: "GraceExpired", worker: 1, job: 1 })
    assert.deepStrictEqual(pool.step(state, { _tag: "Lingers", worker: 1 }), [{ _tag: "Spawn", worker: 3 }])
    assert.deepStrictEqual(pool.step(state, { _tag: "WorkerExited", worker: 1, job: 1, now: 0 }), [
      { _tag: "Settle", job: 1, as: "gone" }
    ])
  })

  it("replaces the workers that are older than a reload, each as soon as it has no job", () => {
    const state = pool.make({ ...config, maxWorkers: 2, minWorkers: 2 })
    pool.step(state, { _tag: "Start" })
    pool.step(state, { _tag: "WorkerReady", worker: 1 })
    pool.step(state, { _tag: "Submit", job: 1, now: 0 })
    // one runs a job, the other starts
    assert.deepStrictEqual(pool.step(state, { _tag: "Reloaded" }), [])
    pool.step(state, { _tag: "Submit", job: 2, now: 0 })
    assert.deepStrictEqual(pool.step(state, { _tag: "WorkerReady", worker: 2 }), [
      { _tag: "Stop", worker: 2 },
      { _tag: "Spawn", worker: 3 }
    ])
    assert.deepStrictEqual(pool.step(state, { _tag: "JobDone", worker: 1, job: 1 }), [
      { _tag: "Settle", job: 1, as: "done" },
      { _tag: "Stop", worker: 1 },
      { _tag: "Spawn", worker: 4 }
    ])
    assert.deepStrictEqual(pool.step(state, { _tag: "WorkerReady", worker: 3 }), [
      { _tag: "Dispatch", worker: 3, job: 2 }
    ])
    pool.step(state, { _tag: "WorkerExited", worker: 1, job: 0, now: 0 })
    pool.step(state, { _tag: "WorkerExited", worker: 2, job: 0, now: 0 })
    // idle ones end at once
    pool.step(state, { _tag: "JobDone", worker: 3, job: 2 })
    assert.deepStrictEqual(pool.step(state, { _tag: "Reloaded" }), [
      { _tag: "Stop", worker: 3 },
      { _tag: "Spawn", worker: 5 }
    ])
  })

  it("cancels queued jobs in a time that does not grow with the queue", () => {
    const timeOf = (jobs: number): number => {
      const state = pool.make(config)
      for (let job = 1; job <= jobs; job++) pool.step(state, { _tag: "Submit", job, now: 0 })
      const start = performance.now()
      for (let job = jobs; job > 0; job--) pool.step(state, { _tag: "Cancel", job })
      return (performance.now() - start) / jobs
    }
    /** The least of several, since a busy machine takes the core away in between. */
    const leastOf = (jobs: number): number => Math.min(...Array.from({ length: 5 }, () => timeOf(jobs)))
    // a queue that is searched would be ten times slower
    assert.isBelow(leastOf(100_000), 5 * Math.max(leastOf(10_000), 1e-4))
  })
})
