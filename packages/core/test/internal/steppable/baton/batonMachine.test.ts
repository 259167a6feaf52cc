/**
 * All orders in which a few activations can run, each of them with touches of shared state, native touches, pauses, and code of another
 * activation inside. In each order everybody ends, and the touches of one activation stand together.
 */
import { assert, describe, it } from "vitest"
import { BatonMachine } from "../../../../src/internal/steppable/baton/batonMachine.ts"

/** `touch`: at the entry of a twin, which can wait; `native`: in plain code; `call`: plain code drives a small activation to its end. */
type Op = "touch" | "native" | "pause" | "call"

interface Run {
  readonly name: string
  readonly ops: ReadonlyArray<Op>
  at: number
  state: "ready" | "waiting" | "over" | "given up"
}

/** The choices of one order: each `pick` takes the next of them, or the first one that is new. */
class Order {
  private readonly taken: Array<{ readonly of: number; index: number }> = []
  private at = 0
  pick(of: number): number {
    const known = this.taken[this.at++]
    if (known !== undefined) return known.index
    this.taken.push({ of, index: 0 })
    return 0
  }
  /** The next order; `false` if there is none. */
  next(): boolean {
    this.at = 0
    for (let last = this.taken.pop(); last !== undefined; last = this.taken.pop()) {
      if (last.index + 1 < last.of) {
        this.taken.push({ of: last.of, index: last.index + 1 })
        return true
      }
    }
    return false
  }
}

/** An assertion library is too slow for so many orders. */
const ensure = (is: boolean, otherwise: string): void => {
  if (!is) throw new Error(otherwise)
}

/** Runs the activations in one order. `beside`: at some moment plain code touches, or one that does not hold the baton is given up. */
const play = (
  scripts: ReadonlyArray<ReadonlyArray<Op>>,
  order: Order,
  beside: "touch" | "interruption" | "nothing"
): void => {
  const machine = new BatonMachine<Run>()
  const runs = scripts.map((ops, index): Run => ({ name: "abc"[index]!, ops, at: 0, state: "ready" }))
  const log: Array<string> = []
  const told: Array<string> = []
  const tell = (next: Run | undefined): void => {
    if (next === undefined) return
    ensure(machine.isNext(next), "one that is told may not try")
    told.push(next.name)
  }

  const touched = (by: string): void => {
    ensure(machine.mine, "it touches without the baton")
    log.push(by)
  }
  /** as `touch` of `touching.ts` */
  const helped = (by: string): void => {
    while (machine.touches(false) === "help") {
      const holder = machine.holder!
      go(holder, false)
      ensure(holder.state === "over", "the holder cannot run to its end")
    }
    touched(by)
  }

  const go = (run: Run, mayPause: boolean): void => {
    machine.begins(run)
    run.state = "ready"
    for (; run.at < run.ops.length; run.at++) {
      const op = run.ops[run.at]!
      if (op === "touch") {
        if (!mayPause) {
          helped(run.name)
        } else if (machine.mine || machine.touches(true) === "go") {
          touched(run.name)
        } else {
          run.state = "waiting"
          tell(machine.stops(run, true))
          return
        }
      } else if (op === "native") {
        helped(run.name)
      } else if (op === "call") {
        // within the holder's own call it is a part of it
        const name = machine.holder === run ? run.name : `within ${run.name}, ${run.at}`
        const inner: Run = { name, ops: ["pause", "touch"], at: 0, state: "ready" }
        go(inner, false)
        ensure(inner.state === "over", "an activation inside has paused")
      } else if (mayPause && !machine.isPinned(run)) {
        run.at++
        tell(machine.stops(run, true))
        return
      }
    }
    run.state = "over"
    tell(machine.stops(run, false))
  }

  let mayTouch = beside === "touch"
  let mayGiveUp = beside === "interruption"
  for (;;) {
    const choices: Array<() => void> = runs
      .filter((run) => run.state === "ready" || (run.state === "waiting" && machine.isNext(run)))
      .map((run) => () => go(run, true))
    const left = runs.filter(({ state }) => state === "ready" || state === "waiting")
    if (left.length === 0) break
    ensure(choices.length > 0, "nobody can go on")
    if (mayTouch) {
      choices.push(() => {
        mayTouch = false
        helped("outside")
      })
    }
    if (mayGiveUp) {
      for (const run of left) {
        if (machine.holder === run) continue
        choices.push(() => {
          mayGiveUp = false
          run.state = "given up"
          tell(machine.leaves(run))
        })
      }
    }
    choices[order.pick(choices.length)]!()
  }
  ensure(machine.holder === undefined && machine.mine, "the baton is not given back")
  const together = log.filter((name, index) => name !== log[index - 1])
  ensure(new Set(together).size === together.length, `touches of one activation stand apart: ${log.join(" ")}`)
}

const ops: ReadonlyArray<Op> = ["touch", "native", "pause", "call"]
const scripts: ReadonlyArray<ReadonlyArray<Op>> = ops.flatMap((first) =>
  ops.map((last) => [first, "pause", last] as const)
)

const playAll = (chosen: ReadonlyArray<ReadonlyArray<Op>>, beside: Parameters<typeof play>[2]): number => {
  const order = new Order()
  let orders = 0
  do {
    orders++
    play(chosen, order, beside)
  } while (order.next())
  return orders
}

describe("the baton", () => {
  it.each(["touch", "interruption", "nothing"] as const)(
    "two activations, with every pair of scripts, beside this: %s, in every order",
    (beside) => {
      let orders = 0
      for (const a of scripts) for (const b of scripts) orders += playAll([a, b], beside)
      assert.isAbove(orders, 1000)
    }
  )

  it("three activations, in every order", () => {
    let orders = 0
    for (const a of ops) {
      for (const b of ops) for (const c of ops) orders += playAll([[a, "pause", "touch"], [b], [c]], "nothing")
    }
    assert.isAbove(orders, 100)
  })

  it("serves those that wait in their order, also when a helper comes in between", () => {
    const machine = new BatonMachine<string>()
    const enter = (name: string): string => {
      machine.begins(name)
      const answer = machine.touches(true)
      machine.stops(name, true)
      return answer
    }
    assert.strictEqual(enter("a"), "go")
    assert.strictEqual(enter("b"), "wait")
    assert.strictEqual(enter("c"), "wait")
    assert.strictEqual(machine.leaves("a"), "b")
    // a native touch does not wait
    machine.begins("d")
    assert.strictEqual(machine.touches(false), "go")
    assert.strictEqual(enter("b"), "go", "inside of d's own call")
    assert.strictEqual(machine.stops("d", false), "b")
    assert.strictEqual(enter("c"), "wait")
    assert.strictEqual(enter("b"), "go")
    assert.strictEqual(machine.leaves("b"), "c")
  })
})
