import { assert, describe, it } from "@effect/vitest"
import type { Action, Event, State } from "../../src/thread/threadMachine.ts"
import * as threadMachine from "../../src/thread/threadMachine.ts"

const limits = { startMs: 100, endMs: 10 }

/** All that can happen next: the thread speaks at most once, and exits once, last of all that it does. */
interface World {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
  readonly limitRuns: boolean
  readonly refused: boolean
  readonly spoke: boolean
  readonly failed: boolean
  readonly exited: boolean
  readonly stopped: boolean
}

const isThere = ({ exited, refused }: World): boolean => !exited && !refused

const isNew = (world: World): boolean => isThere(world) && !world.spoke && !world.failed && !world.stopped

const events = (world: World): ReadonlyArray<Event> => [
  // it is known at once, before anything else
  ...(isNew(world) && world.state._tag === "Starting" ? [{ _tag: "Refused", cause: "no more threads" } as const] : []),
  ...(isThere(world) && !world.spoke ? [{ _tag: "Said", word: "up" } as const] : []),
  ...(isThere(world) && !world.failed ? [{ _tag: "Failed", cause: "broken" } as const] : []),
  ...(isThere(world) ? [{ _tag: "Exited", code: 1 } as const] : []),
  ...(world.limitRuns ? [{ _tag: "TimedOut" } as const] : []),
  ...(world.stopped ? [] : [{ _tag: "Stop" } as const])
]

const count = (actions: ReadonlyArray<Action>, ...tags: ReadonlyArray<Action["_tag"]>): number =>
  actions.filter(({ _tag }) => tags.includes(_tag)).length

const after = (world: World, event: Event): World => {
  const { actions, state } = threadMachine.step(world.state, event, limits)
  let limitRuns = world.limitRuns && event._tag !== "TimedOut"
  for (const { _tag } of actions) {
    if (_tag === "SetLimit") {
      // a timer that is replaced without being cleared would run on
      assert.isFalse(limitRuns)
      limitRuns = true
    }
    if (_tag === "ClearLimit") limitRuns = false
  }
  return {
    state,
    actions: [...world.actions, ...actions],
    limitRuns,
    refused: world.refused || event._tag === "Refused",
    spoke: world.spoke || event._tag === "Said",
    failed: world.failed || event._tag === "Failed",
    exited: world.exited || event._tag === "Exited",
    stopped: world.stopped || event._tag === "Stop"
  }
}

const begun: World = {
  ...(({ actions, state }) => ({ state, actions }))(threadMachine.begin(limits)),
  limitRuns: true,
  refused: false,
  spoke: false,
  failed: false,
  exited: false,
  stopped: false
}

const explore = (world: World, path: ReadonlyArray<string>, visit: (world: World, path: string) => void): number => {
  visit(world, path.join(", "))
  let worlds = 1
  for (const event of events(world)) worlds += explore(after(world, event), [...path, event._tag], visit)
  return worlds
}

/** Checks each world that any order of events leads to, and says how many there are. */
const every = (check: (world: World, path: string) => void): number => explore(begun, [], check)

/** The caller of the start waits. */
const isAwaited = ({ actions }: World): boolean => count(actions, "Started", "NotStarted") === 0

/** The caller of the stop waits. */
const isAwaitedGone = ({ actions, stopped }: World): boolean => stopped && count(actions, "Gone") === 0

describe("in every order of what a thread does and what is asked of it", () => {
  it("the caller that starts it hears once how that went: of its first event, or of the limit", () => {
    const orders = every((world, path) => {
      assert.isAtMost(count(world.actions, "Started", "NotStarted"), 1, path)
      assert.strictEqual(isAwaited(world), path === "", path)
      assert.strictEqual(isAwaited(world), world.state._tag === "Starting", path)
    })
    assert.isAbove(orders, 150)
  })

  it("the caller that stops it hears once that it is gone, at once if there is no thread, and nothing after that", () => {
    const orders = every((world, path) => {
      const { actions, stopped } = world
      assert.isAtMost(count(actions, "Gone"), stopped ? 1 : 0, path)
      if (stopped && !isThere(world)) assert.isFalse(isAwaitedGone(world), path)
      if (count(actions, "Gone") === 1) assert.strictEqual(actions.at(-1)?._tag, "Gone", path)
    })
    assert.isAbove(orders, 150)
  })

  it("gone is a thread that has exited, or was never made, or hangs after the limit", () => {
    const orders = every((world, path) => {
      const gone = world.actions.find((action) => action._tag === "Gone")
      if (gone !== undefined && !gone.hangs) assert.isFalse(isThere(world), path)
      if (gone?.hangs) assert.include(path, "TimedOut")
    })
    assert.isAbove(orders, 150)
  })

  it("a limit runs exactly while a caller waits, so that no wait is without end and no timer holds the process", () => {
    const orders = every((world, path) => {
      assert.strictEqual(world.limitRuns, isAwaited(world) || isAwaitedGone(world), path)
    })
    assert.isAbove(orders, 150)
  })

  it("terminates a thread once if it is given up while it lives, and never one that dies by itself", () => {
    const orders = every((world, path) => {
      const terminated = count(world.actions, "Terminate")
      assert.isAtMost(terminated, 1, path)
      const givenUp = /^(|Said, )(Stop|TimedOut)/.test(path)
      assert.strictEqual(terminated, givenUp ? 1 : 0, path)
    })
    assert.isAbove(orders, 150)
  })

  it("a thread that ran and ends by itself is reported once, when it has ended; one that is stopped or never started is not", () => {
    const orders = every(({ actions }, path) => {
      const lost = /^Said, (Failed, )?Exited/.test(path)
      assert.strictEqual(count(actions, "Lost"), lost ? 1 : 0, path)
    })
    assert.isAbove(orders, 150)
  })
})
