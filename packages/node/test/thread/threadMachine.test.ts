import { assert, describe, it } from "@effect/vitest"
import type { Action, Event, State } from "../../src/thread/threadMachine.ts"
import * as threadMachine from "../../src/thread/threadMachine.ts"

const limits = { startMs: 100, endMs: 10 }

/** Everything that can happen next: the thread speaks at most once, and exits once, last of all that it does. */
interface World {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
  readonly limitRuns: boolean
  readonly spoke: boolean
  readonly failed: boolean
  readonly exited: boolean
  readonly stopped: boolean
  readonly terminated: number
}

const events = (world: World): ReadonlyArray<Event> => [
  ...(world.spoke || world.exited ? [] : [{ _tag: "Said", word: "up" } as const]),
  ...(world.failed || world.exited ? [] : [{ _tag: "Failed", cause: "broken" } as const]),
  ...(world.exited ? [] : [{ _tag: "Exited", code: 1 } as const]),
  ...(world.limitRuns ? [{ _tag: "TimedOut" } as const] : []),
  ...(world.stopped ? [] : [{ _tag: "Stop" } as const])
]

const count = (actions: ReadonlyArray<Action>, ...tags: ReadonlyArray<Action["_tag"]>): number =>
  actions.filter(({ _tag }) => tags.includes(_tag)).length

const after = (world: World, event: Event): World => {
  const { actions, state } = threadMachine.step(world.state, event, limits)
  let limitRuns = world.limitRuns && event._tag !== "TimedOut"
  for (const { _tag } of actions) {
    if (_tag === "SetLimit") limitRuns = true
    if (_tag === "ClearLimit") limitRuns = false
  }
  return {
    state,
    actions: [...world.actions, ...actions],
    limitRuns,
    spoke: world.spoke || event._tag === "Said",
    failed: world.failed || event._tag === "Failed",
    exited: world.exited || event._tag === "Exited",
    stopped: world.stopped || event._tag === "Stop",
    terminated: world.terminated + count(actions, "Terminate")
  }
}

const explore = (world: World, path: ReadonlyArray<string>, visit: (world: World, path: string) => void): number => {
  visit(world, path.join(", "))
  let worlds = 1
  for (const event of events(world)) worlds += explore(after(world, event), [...path, event._tag], visit)
  return worlds
}

const begun: World = {
  ...(({ actions, state }) => ({ state, actions }))(threadMachine.begin(limits)),
  limitRuns: true,
  spoke: false,
  failed: false,
  exited: false,
  stopped: false,
  terminated: 0
}

describe("in every order of what a thread does and what is asked of it", () => {
  const every = (check: (world: World, path: string) => void): void => {
    assert.isAbove(explore(begun, [], check), 100)
  }

  it("whoever starts it hears once how that went, and waits no longer than the limit", () => {
    every(({ actions, exited, limitRuns, spoke, state, stopped }, path) => {
      const told = count(actions, "Started", "NotStarted")
      assert.isAtMost(told, 1, path)
      if (state._tag === "Starting") assert.isTrue(limitRuns, path)
      if (spoke || exited || stopped || state._tag !== "Starting") assert.strictEqual(told, 1, path)
    })
  })

  it("whoever stops it hears once that it is gone, and waits no longer than the limit", () => {
    every(({ actions, limitRuns, state, stopped }, path) => {
      assert.isAtMost(count(actions, "Gone"), stopped ? 1 : 0, path)
      const waits = stopped && count(actions, "Gone") === 0
      if (waits) assert.isTrue(limitRuns && state._tag === "Ending", path)
    })
  })

  it("no limit runs when nobody waits, so no timer keeps the process alive", () => {
    every(({ limitRuns, state }, path) => {
      if (state._tag === "Running" || state._tag === "Ended") assert.isFalse(limitRuns, path)
      if (state._tag === "Ending" && !state.stopped) assert.isFalse(limitRuns, path)
    })
  })

  it("it is terminated at most once, and always if it is given up while it lives", () => {
    every(({ actions, exited, failed, state, terminated }, path) => {
      assert.isAtMost(terminated, 1, path)
      if (count(actions, "NotStarted", "Gone") > 0 && !exited && !failed && state._tag !== "Starting") {
        assert.strictEqual(terminated, 1, path)
      }
    })
  })

  it("a thread that ran and ends by itself is reported once; one that is stopped or never started is not", () => {
    every(({ actions }, path) => {
      assert.isAtMost(count(actions, "Lost"), count(actions, "Started"), path)
      const lost = actions.findIndex(({ _tag }) => _tag === "Lost")
      const terminate = actions.findIndex(({ _tag }) => _tag === "Terminate")
      if (lost >= 0) assert.strictEqual(terminate, -1, path)
    })
  })
})
