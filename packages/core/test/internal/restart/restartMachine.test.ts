/**
 * Every interleaving of small trees: any running child may fail or end well at any moment, and time passes in steps.
 * The model around the machine is the set of fibers that really run; the promises are looked at from there.
 */
import { assert, describe, it } from "vitest"
import * as machine from "../../../src/internal/restart/restartMachine.ts"

const policy: machine.Policy = {
  strategy: "one-for-one",
  restarts: 3,
  withinMs: 100,
  firstDelayMs: 10,
  longestDelayMs: 40
}

const run = (
  policy: machine.Policy,
  restarts: ReadonlyArray<machine.Restart>,
  events: ReadonlyArray<machine.Event>
): ReadonlyArray<ReadonlyArray<string>> => {
  let state = machine.initial(policy, restarts)
  return events.map((event) => {
    const next = machine.transition(state, event)
    state = next.state
    return next.actions.map((action) =>
      action._tag === "Complete"
        ? "complete"
        : action._tag === "WakeAt"
          ? `wake at ${action.at}`
          : `${action._tag.toLowerCase()} ${action.child}${action._tag === "Restarting" ? ` after ${action.delayMs}` : ""}`
    )
  })
}

const failed = (child: number, now: number): machine.Event => ({ _tag: "Exited", child, failed: true, now })
const done = (child: number, now: number): machine.Event => ({ _tag: "Exited", child, failed: false, now })
const woke = (now: number): machine.Event => ({ _tag: "Woke", now })
const started: machine.Event = { _tag: "Started", now: 0 }
const three: ReadonlyArray<machine.Restart> = ["permanent", "permanent", "permanent"]

describe("the strategies", () => {
  it("one-for-one restarts the child that failed", () => {
    assert.deepStrictEqual(run(policy, three, [started, failed(1, 5)]), [
      ["start 0", "start 1", "start 2"],
      ["restarting 1 after 0", "start 1"]
    ])
  })

  it("rest-for-one stops those after it, the last first, and starts them in order", () => {
    const events = [started, failed(0, 5), failed(2, 6), failed(1, 7)]
    assert.deepStrictEqual(run({ ...policy, strategy: "rest-for-one" }, three, events), [
      ["start 0", "start 1", "start 2"],
      ["restarting 0 after 0", "stop 2"],
      ["stop 1"],
      ["start 0", "start 1", "start 2"]
    ])
    assert.deepStrictEqual(run({ ...policy, strategy: "rest-for-one" }, three, [started, failed(2, 5)]), [
      ["start 0", "start 1", "start 2"],
      ["restarting 2 after 0", "start 2"]
    ])
  })

  it("one-for-all stops all", () => {
    assert.deepStrictEqual(
      run({ ...policy, strategy: "one-for-all" }, three, [started, failed(2, 5), done(1, 6), done(0, 7)]),
      [
        ["start 0", "start 1", "start 2"],
        ["restarting 2 after 0", "stop 1"],
        ["stop 0"],
        ["start 0", "start 1", "start 2"]
      ]
    )
  })
})

describe("restarts", () => {
  it("wait longer each time in a row, and escalate when they are too many", () => {
    const events = [started, failed(0, 1), failed(0, 2), woke(12), failed(0, 13), woke(20), woke(33), failed(0, 34)]
    assert.deepStrictEqual(run(policy, ["permanent"], events), [
      ["start 0"],
      ["restarting 0 after 0", "start 0"],
      ["restarting 0 after 10", "wake at 12"],
      ["start 0"],
      ["restarting 0 after 20", "wake at 33"],
      ["wake at 33"],
      ["start 0"],
      ["escalate 0"]
    ])
  })

  it("long ago are forgotten", () => {
    const events = [started, failed(0, 1), failed(0, 150), failed(0, 300), failed(0, 450), failed(0, 600)]
    const restarted = ["restarting 0 after 0", "start 0"]
    assert.deepStrictEqual(run(policy, ["permanent"], events), [
      ["start 0"],
      restarted,
      restarted,
      restarted,
      restarted,
      restarted
    ])
  })

  it("do not happen to a transient child that ended well, nor to a temporary one", () => {
    assert.deepStrictEqual(run(policy, ["transient", "temporary"], [started, done(0, 1), failed(1, 2)]), [
      ["start 0", "start 1"],
      [],
      ["complete"]
    ])
  })

  it("of a group bring back a transient child that had ended well", () => {
    const events = [started, done(1, 1), failed(0, 2)]
    assert.deepStrictEqual(run({ ...policy, strategy: "one-for-all" }, ["permanent", "transient"], events), [
      ["start 0", "start 1"],
      [],
      ["restarting 0 after 0", "start 0", "start 1"]
    ])
  })
})

interface World {
  readonly state: machine.State
  readonly alive: ReadonlyArray<boolean>
  readonly asked: ReadonlyArray<boolean>
  readonly wakeAt: number | undefined
  readonly now: number
  readonly failures: number
  readonly outcome: "escalated" | "complete" | undefined
}

const promise = (kept: boolean, otherwise: string): void => {
  if (!kept) throw new Error(otherwise)
}

const after = (world: World, event: machine.Event): World => {
  const exited = event._tag === "Exited" ? event.child : -1
  const alive = world.alive.map((is, child) => is && child !== exited)
  const asked = world.asked.map((is, child) => is && child !== exited)
  let wakeAt = event._tag === "Woke" ? undefined : world.wakeAt
  let { outcome } = world
  const next = machine.transition(world.state, event)
  const { children, policy } = next.state
  for (const action of next.actions) {
    promise(outcome === undefined, "something happens after the end")
    switch (action._tag) {
      case "Start":
        promise(!alive[action.child], "two runs of one child")
        if (policy.strategy !== "one-for-one" && event._tag !== "Started") {
          promise(!asked.includes(true), "a start while a group is being stopped")
        }
        alive[action.child] = true
        break
      case "Stop":
        promise(alive[action.child] === true && asked[action.child] === false, "a stop of a child that does not run")
        promise(!asked.includes(true), "two stops at a time")
        promise(alive.lastIndexOf(true) === action.child, "a stop that is not of the last")
        asked[action.child] = true
        break
      case "WakeAt":
        wakeAt = action.at
        break
      case "Restarting":
        promise(children[action.child]!.restart !== "temporary", "a temporary child restarts")
        break
      case "Escalate":
        promise(next.state.history.length === policy.restarts + 1, "an escalation too early")
        outcome = "escalated"
        break
      case "Complete":
        promise(!alive.includes(true), "complete while a child runs")
        outcome = "complete"
    }
  }
  for (const [index, { phase }] of children.entries()) {
    const runs = phase._tag === "Running" || phase._tag === "Stopping"
    promise(runs === alive[index], `child ${index} is ${phase._tag} and ${alive[index] ? "runs" : "does not"}`)
  }
  const waits = children.some(({ phase }) => phase._tag === "Down")
  promise(outcome !== undefined || alive.includes(true) || (waits && wakeAt !== undefined), "nothing will ever happen")
  const failures = world.failures + (event._tag === "Exited" && event.failed ? 1 : 0)
  return {
    state: next.state,
    alive,
    asked,
    wakeAt,
    now: event._tag === "Woke" ? event.now : world.now,
    failures,
    outcome
  }
}

const explore = (strategy: machine.Strategy, restarts: ReadonlyArray<machine.Restart>, failures: number): number => {
  const seen = new Set<string>()
  const nobody = restarts.map(() => false)
  const initial = machine.initial({ ...policy, strategy, restarts: 2 }, restarts)
  const first: World = {
    state: initial,
    alive: nobody,
    asked: nobody,
    wakeAt: undefined,
    now: 0,
    failures: 0,
    outcome: undefined
  }
  const todo = [after(first, { _tag: "Started", now: 0 })]
  for (let world = todo.pop(); world !== undefined; world = todo.pop()) {
    const key = JSON.stringify([
      world.state.children,
      world.state.history,
      world.alive,
      world.asked,
      world.wakeAt,
      world.now
    ])
    if (seen.has(key) || world.outcome !== undefined) continue
    seen.add(key)
    const { alive, now, wakeAt } = world
    for (const child of restarts.keys()) {
      if (!alive[child]) continue
      if (world.failures < failures) todo.push(after(world, failed(child, now)))
      todo.push(after(world, done(child, now)))
    }
    if (wakeAt !== undefined) todo.push(after(world, woke(wakeAt)))
    if (now < 300) todo.push(after({ ...world, wakeAt: undefined }, woke(now + 150)))
  }
  return seen.size
}

describe("every interleaving keeps the promises", () => {
  const kinds: ReadonlyArray<ReadonlyArray<machine.Restart>> = [
    ["permanent", "permanent", "permanent"],
    ["transient", "permanent", "temporary"],
    ["temporary", "transient", "transient"]
  ]
  for (const strategy of ["one-for-one", "one-for-all", "rest-for-one"] as const) {
    it(`of ${strategy}`, () => {
      for (const restarts of kinds) assert.isAbove(explore(strategy, restarts, 4), 50)
    })
  }
})
