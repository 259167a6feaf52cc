/**
 * The driver of compiled code. An **activation** is one call of a steppable function by the runtime, from its beginning to
 * its end, with the frames that wait in it. README.md has the calling convention.
 *
 * It resumes the innermost frame first and hands each result or error to the next frame. So a resume never rebuilds the
 * stack.
 */
import { bareArray, takeLast } from "./bareArray.ts"
import type { Runner } from "./baton/baton.ts"
import { baton, leaves, stops } from "./baton/baton.ts"
import { clear } from "./calls/register.ts"
import { apply } from "./intrinsics.ts"
import type { Pace, Policy } from "./slices/budget.ts"
import { budget, firstBudget, unhurried } from "./slices/budget.ts"
import { stitch } from "./stitch.ts"
import type { Frame } from "./suspension.ts"
import { ABANDONED, SUSPENDED, unwound } from "./suspension.ts"
import type { Twin } from "./twins.ts"

/** Frames of one activation: ten times as many as fit on Node's stack by default, and some 10 MB. */
const deepest = 100_000

/** A call that `attempt` began: the activation that adopts it goes on under its own name. */
class Attempt implements Runner {
  readonly canWait = false
  waits = false
  told = undefined
  // oxlint-disable-next-line no-empty-function -- it is over, or adopted, before anybody could ask
  finish(): void {}
}

let adoptable: Runner = new Attempt()

/**
 * Calls `twin` without an activation and without a look at the clock. Returns its result, or `SUSPENDED` once the first
 * budget is used up. Then the caller MUST at once let an activation {@link Activation.adopt} the call.
 */
export const attempt = (twin: Twin, args: ReadonlyArray<unknown>): unknown => {
  const left = budget[0]!
  budget[0] = firstBudget
  const running = new Attempt()
  baton.begins(running)
  let result: unknown
  try {
    result = apply(twin, undefined, args)
  } catch (error) {
    unwound.length = 0
    throw error
  } finally {
    clear()
    budget[0] = left
    adoptable = running
    stops(running, result === SUSPENDED)
  }
  return result
}

/**
 * One call of a steppable function by the runtime.
 *
 * @category driver
 * @since 0.1.0
 */
export class Activation implements Pace, Runner {
  units = 0
  canWait = false
  waits = false
  told: (() => void) | undefined = undefined
  /** the end of the call, if it came outside of its own steps */
  private outcome: { readonly value: unknown; readonly threw: boolean } | undefined = undefined
  readonly slice: number | undefined
  /** innermost last */
  private readonly stack = bareArray<Frame>()

  constructor(slice?: number) {
    this.slice = slice
  }

  /** Whether the call has returned or thrown: no frame waits. */
  get isOver(): boolean {
    return this.stack.length === 0
  }

  /** Whether it has changed, or may have changed, state that outlives it: then it has to end by itself. */
  get holdsBaton(): boolean {
    return baton.holder === this
  }

  /** Calls `twin`: its result, or `SUSPENDED` once its slice is over. */
  begin(twin: Twin, args: ReadonlyArray<unknown>, policy: Policy): unknown {
    return this.run(policy, () => this.settleFrames(apply(twin, undefined, args), 0, policy))
  }

  /** Takes over a call that `attempt` began: its result, or `SUSPENDED` once its slice is over. */
  adopt(policy: Policy): unknown {
    baton.renames(adoptable, this)
    return this.run(policy, () => this.settleFrames(SUSPENDED, 0, policy))
  }

  /** Goes on after a suspension: the result, or `SUSPENDED` again. */
  step(policy: Policy): unknown {
    return this.run(policy, () => {
      if (this.outcome === undefined) return this.settleFrames(undefined, 0, policy)
      const { threw, value } = this.outcome
      if (threw) throw value
      return value
    })
  }

  /** Runs the call to its end, without giving way. The next `step` has the result. */
  finish(): void {
    try {
      this.outcome = { value: this.step(unhurried), threw: false }
    } catch (error) {
      this.outcome = { value: error, threw: true }
    }
  }

  /**
   * Ends the call at a pause: runs its pending `finally` blocks, innermost first, without giving way. If some of them
   * throw, it throws the first error after all have run.
   */
  abandon(): void {
    this.run(unhurried, () => {
      const { stack } = this
      const errors: Array<unknown> = []
      for (let frame = takeLast(stack); frame !== undefined; frame = takeLast(stack)) {
        if (frame.abandon === undefined && frame.finishes !== true) continue
        const depth = stack.length
        try {
          const left =
            frame.abandon === undefined ? apply(frame.resume, frame.self, [frame, ABANDONED, true]) : frame.abandon()
          this.settleFrames(left, depth, unhurried)
        } catch (error) {
          clear()
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    })
    leaves(this)
  }

  /**
   * This loop right here runs compiled code. `first` is the result that the innermost frame waits for. The loop resumes
   * the frames above `depth` until the last of them has its own result, or the slice is over.
   */
  private settleFrames(first: unknown, depth: number, policy: Policy): unknown {
    const { stack } = this
    let value = first
    let threw = false
    for (;;) {
      if (value === SUSPENDED) {
        while (unwound.length > 0) stack[stack.length] = takeLast(unwound)!
        if (stack.length > deepest) {
          // endless recursion has to end as in plain code, whose stack it would have exhausted
          value = new RangeError("Maximum call stack size exceeded")
          stitch(value, stack)
          threw = true
        } else if (this.waits || (policy.poll(this) && !baton.isPinned(this))) {
          return SUSPENDED
        } else {
          value = undefined
        }
      }
      if (stack.length === depth) break
      const frame = takeLast(stack)!
      try {
        value = apply(frame.resume, frame.self, [frame, value, threw])
        threw = false
      } catch (error) {
        clear()
        // an error that only passes this frame was stitched where it came from
        if (!threw || error !== value) stitch(error, stack)
        value = error
        threw = true
      }
    }
    if (threw) throw value
    return value
  }

  /** Plain code that compiled code calls may drive another activation (a nested `runSync`): the budget is put back. */
  private run(policy: Policy, work: () => unknown): unknown {
    const left = budget[0]!
    this.canWait = policy.waits === true
    this.waits = false
    baton.begins(this)
    policy.begin(this)
    try {
      return work()
    } finally {
      clear()
      unwound.length = 0
      budget[0] = left
      stops(this, this.canWait && !this.isOver)
      policy.end?.(this.isOver)
    }
  }
}
