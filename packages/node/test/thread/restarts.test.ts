import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Action, End, Event, State } from "../../src/thread/restarts.ts"
import * as restarts from "../../src/thread/restarts.ts"

const limits = restarts.usualLimits

/** A thread, a pause and a clock, all virtual. */
class World {
  state: State = restarts.initial
  now = 0
  runs = true
  pauseUntil: number | undefined
  closed = false
  readonly starts: Array<number> = []
  readonly told: Array<End> = []

  on(event: Event): void {
    const { actions, state } = restarts.step(this.state, event, limits)
    this.state = state
    actions.forEach((action) => this.execute(action))
  }

  private execute(action: Action): void {
    switch (action._tag) {
      case "Tell":
        return void this.told.push(action.end)
      case "Pause":
        assert.isUndefined(this.pauseUntil, "one pause at a time")
        return void (this.pauseUntil = this.now + action.ms)
      case "EndPause":
        assert.isDefined(this.pauseUntil)
        return void (this.pauseUntil = undefined)
      case "Start":
        assert.isFalse(this.runs, "one thread at a time")
        assert.isFalse(this.closed)
        this.runs = true
        return void this.starts.push(this.now)
    }
  }

  ends(cause = "a fault"): void {
    assert.isTrue(this.runs)
    this.runs = false
    this.on({ _tag: "Ended", cause, at: this.now })
  }

  /** Time passes. */
  pass(ms: number): void {
    const until = this.now + ms
    if (this.pauseUntil !== undefined && this.pauseUntil <= until) {
      this.now = this.pauseUntil
      this.pauseUntil = undefined
      this.on({ _tag: "Due" })
    }
    this.now = until
  }

  close(): void {
    this.closed = true
    this.on({ _tag: "Close" })
  }
}

describe("a thread that ended by a fault", () => {
  it("is started again after a pause, which grows with each end", () => {
    const world = new World()
    const pauses: Array<number | undefined> = []
    while (world.state._tag !== "Over") {
      world.ends()
      pauses.push(world.told.at(-1)!.againInMs)
      world.pass(limits.longestPauseMs)
    }
    assert.deepStrictEqual(pauses, [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, undefined])
    assert.deepStrictEqual(
      world.told.map(({ ends }) => ends),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    )
  })

  it("is given up two minutes after its first end if it ends each time at once", () => {
    const world = new World()
    while (world.state._tag !== "Over") {
      world.ends()
      if (world.pauseUntil !== undefined) world.pass(world.pauseUntil - world.now)
    }
    assert.strictEqual(world.now, 123_750)
  })

  it("is never given up if it ends once in two minutes, and starts after a short pause when that is long ago", () => {
    const world = new World()
    for (let i = 0; i < 1000; i++) {
      world.pass(121_000)
      world.ends()
      assert.isAtMost(world.told.at(-1)!.againInMs!, 4000)
      world.pass(4000)
      assert.isTrue(world.runs)
    }
    world.pass(limits.withinMs)
    world.ends()
    assert.strictEqual(world.told.at(-1)!.againInMs, 250)
  })
})

it("in every order of ends, time and close: told once each, a pause or a thread until it is over, then neither", () => {
  const step = fc.oneof(
    fc.constant("end" as const),
    fc.integer({ min: 0, max: 200_000 }),
    fc.constant("late event" as const),
    { weight: 1, arbitrary: fc.constant("close" as const) }
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World()
      let ends = 0
      for (const one of steps) {
        if (typeof one === "number") world.pass(one)
        // a timer or a thread that was stopped too late changes nothing
        else if (one === "late event") {
          if (world.state._tag !== "Pausing") world.on({ _tag: "Due" })
          if (world.state._tag !== "Up") world.on({ _tag: "Ended", cause: "late", at: world.now })
        } else if (one === "close") world.close()
        else if (world.runs && !world.closed) {
          world.ends()
          ends++
        }
        assert.strictEqual(world.told.length, ends)
        const isOver = world.closed || world.told.some(({ againInMs }) => againInMs === undefined)
        assert.strictEqual(world.state._tag === "Over", isOver)
        if (isOver) assert.isUndefined(world.pauseUntil)
        else assert.strictEqual(world.runs, world.pauseUntil === undefined)
        const within = world.starts.filter((at) => world.now - at < limits.withinMs)
        assert.isBelow(within.length, limits.mostEnds)
      }
    }),
    { numRuns: 500 }
  )
})
