/**
 * Who may go on though its time is over, and how often: with fibers that are only the fields that are asked for.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Extensions } from "../../../src/internal/scheduler/extensions.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

interface Shape {
  currentOpCount: number
  _running: boolean
  _stack: Array<unknown>
  _interruptedCause: unknown
}

const born = (): Shape => ({ currentOpCount: 1, _running: true, _stack: [], _interruptedCause: undefined })
/** As one that waited, and has more to do. */
const resumed = (): Shape => ({ ...born(), _stack: [0] })

let extensions: Extensions

const asFiber = (shape: Shape): AnyFiber =>
  Object.assign(shape, { cache: { maxOpsBeforeYield: 2048 }, context: Context.empty() }) as unknown as AnyFiber

/** Enters at its first operation, from a callback unless `queued`, and leaves the stack. */
const runsOut = (shape: Shape, queued = false): boolean => {
  shape._running = true
  extensions.enter(asFiber(shape), queued)
  const extended = extensions.extendsTurn(asFiber(shape), false)
  shape._running = false
  return extended
}

beforeEach(() => {
  extensions = new Extensions()
})

describe("the turn is extended for", () => {
  it("each fiber that was interrupted, at the operation that it enters with", () => {
    for (let n = 0; n < 100; n++) assert.isTrue(runsOut({ ...resumed(), _interruptedCause: {} }))
    const later = { ...resumed(), _interruptedCause: {}, currentOpCount: 2 }
    extensions.enter(asFiber(later), false)
    assert.isFalse(extensions.extendsTurn(asFiber(later), false))
  })

  it("each fiber that a callback forks, once, however far it is in its first run", () => {
    for (let n = 0; n < 100; n++) assert.isTrue(runsOut(born()))
    const fiber = born()
    extensions.enter(asFiber(fiber), false)
    fiber.currentOpCount = 7
    assert.isTrue(extensions.extendsTurn(asFiber(fiber), false))
    assert.isFalse(extensions.extendsTurn(asFiber(fiber), false))
  })

  it("three fibers that callbacks resume, in each turn", () => {
    const rounds = () => Array.from({ length: 5 }, () => runsOut(resumed()))
    assert.deepStrictEqual(rounds(), [true, true, true, false, false])
    assert.deepStrictEqual(rounds(), [false, false, false, false, false])
    extensions.beginTurn()
    assert.deepStrictEqual(rounds(), [true, true, true, false, false])
  })

  it("a fiber that an operation of its own made late, once a run", () => {
    const fiber = asFiber(resumed())
    extensions.enter(fiber, true)
    Object.assign(fiber, { currentOpCount: 9 })
    assert.isFalse(extensions.extendsTurn(fiber, false), "in time")
    assert.isTrue(extensions.extendsTurn(fiber, true), "late")
    assert.isFalse(extensions.extendsTurn(fiber, true), "late again")
  })

  it("none that another one starts in its own stack", () => {
    extensions.enter(asFiber(resumed()), false)
    assert.isFalse(runsOut(born()))
  })
})

describe("a slice lends time", () => {
  /** A fiber whose operation starts `nested` others, each of which finds the slice over. */
  const slice = (nested: number): ReadonlyArray<boolean> => {
    const outer = resumed()
    extensions.enter(asFiber(outer), true)
    const answers = Array.from({ length: nested }, () => {
      const inner = asFiber(born())
      extensions.enter(inner, true)
      return extensions.borrows(inner)
    })
    assert.isFalse(extensions.borrows(asFiber(outer)), "to itself")
    outer._running = false
    return answers
  }

  it("to the first fiber that its operations start, and to no other", () => {
    assert.deepStrictEqual(slice(3), [true, false, false])
  })

  it("in four slices of a turn", () => {
    const first = () => slice(1)[0]
    assert.deepStrictEqual([first(), first(), first(), first(), first()], [true, true, true, true, false])
    extensions.beginTurn()
    assert.isTrue(first())
  })

  it("to no fiber that has begun", () => {
    extensions.enter(asFiber(resumed()), true)
    assert.isFalse(extensions.borrows(asFiber({ ...born(), currentOpCount: 2 })))
  })
})
