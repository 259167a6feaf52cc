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

/** Enters at its first operation, and leaves the stack. */
const runsOut = (shape: Shape): boolean => {
  shape._running = true
  extensions.enter(asFiber(shape))
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
    extensions.enter(asFiber(later))
    assert.isFalse(extensions.extendsTurn(asFiber(later), false))
  })

  it("each fiber that a callback forks, at its first operation", () => {
    for (let n = 0; n < 100; n++) assert.isTrue(runsOut(born()))
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
    extensions.enter(fiber)
    Object.assign(fiber, { currentOpCount: 9 })
    assert.isFalse(extensions.extendsTurn(fiber, false), "in time")
    assert.isTrue(extensions.extendsTurn(fiber, true), "late")
    assert.isFalse(extensions.extendsTurn(fiber, true), "late again")
  })

  it("none that is nested", () => {
    const outer = resumed()
    assert.isFalse(extensions.enter(asFiber(outer)))
    const inner = asFiber(born())
    assert.isTrue(extensions.enter(inner))
    assert.isTrue(extensions.isNested(inner))
    assert.isFalse(extensions.extendsTurn(inner, false))
    outer._running = false
    assert.isFalse(extensions.isNested(inner), "once the other one has left the stack")
  })
})
