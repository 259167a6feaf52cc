/**
 * How compiled code suspends: each steppable function on the stack leaves a frame and returns `SUSPENDED`.
 *
 * **Invariant.** `SUSPENDED` never reaches code that was not compiled. Compiled code suspends only while an `Activation`
 * is at the root of its stack, and it calls all other code in its plain form.
 *
 * Code that was compiled for one copy of this package runs under the driver of another. So the symbols, the frames and the
 * budget are shared by all copies (`copies/sharedState.ts`); their format is the calling convention.
 *
 * Rejected: generators all the way (`yield*` costs 16 ns a level and untypes loop variables); throwing to unwind (a
 * `catch` in between would see it).
 */
import { shared } from "../copies/sharedState.ts"
import { bareArray } from "./bareArray.ts"
import { apply } from "./intrinsics.ts"
import type { Trace } from "./stitch.ts"

/**
 * The value that a steppable function returns when it gave way. User code never has this value.
 *
 * @category suspension
 * @since 0.1.0
 */
export const SUSPENDED: unique symbol = Symbol.for("@giveway/core/Steppable/SUSPENDED/1")

/**
 * Given to `resume` as an error: leave the function, and run its pending `finally` blocks and close its open iterators.
 *
 * @category suspension
 * @since 0.1.0
 */
export const ABANDONED: unique symbol = Symbol.for("@giveway/core/Steppable/ABANDONED/1")

/**
 * A suspended call. `resume` goes on with the result of the call that the frame waits for, or with its error.
 *
 * @category suspension
 * @since 0.1.0
 */
export interface Frame {
  readonly resume: (this: any, frame: never, value: unknown, threw: boolean) => unknown
  /** the yield point that it stopped at */
  readonly point?: unknown
  /** where its calls stand in the source, if it waits for one */
  readonly trace?: Trace | undefined
  /** the `this` of the suspended function, and of `resume` */
  readonly self?: unknown
  /** as `resume`, but leaves the function: only its `finally` blocks run */
  readonly abandon?: (() => unknown) | undefined
  /** instead of `abandon`: whether `resume` has something to do when it is given {@link ABANDONED} */
  readonly finishes?: boolean | undefined
}

/** The frames of the suspension that is under way, innermost first. The `Activation` at the root collects them. */
export const unwound = shared("unwound/1", () => bareArray<Frame>())

/**
 * Compiled code leaves its frame and returns the result of this call.
 *
 * @category suspension
 * @since 0.1.0
 */
export const save = (frame: Frame): typeof SUSPENDED => {
  unwound[unwound.length] = frame
  return SUSPENDED
}

// --- generators -----------------------------------------------------------------------------------------------------

const { prototype: generators } = Object.getPrototypeOf(function* () {}) as GeneratorFunction
const { next, return: end, throw: fail } = generators

class GeneratorFrame implements Frame {
  point: unknown
  private readonly generator: Generator<unknown, unknown, unknown>
  readonly trace: Trace | undefined

  constructor(generator: Generator<unknown, unknown, unknown>, point: unknown, trace: Trace | undefined) {
    this.generator = generator
    this.point = point
    this.trace = trace
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown =>
    this.passed(apply(threw ? fail : next, this.generator, [value]))

  readonly abandon = (): unknown => this.passed(apply(end, this.generator, [undefined]))

  private passed(step: IteratorResult<unknown, unknown>): unknown {
    if (step.done === true) return step.value
    this.point = step.value
    return save(this)
  }
}

/**
 * Compiled code in generator form starts here: runs the generator to its end or to its first suspension. The generator
 * yields the numbers of its yield points.
 *
 * @category suspension
 * @since 0.1.0
 */
export const start = (generator: Generator<unknown, unknown, unknown>, trace?: Trace): unknown => {
  const first = apply(next, generator, []) as IteratorResult<unknown, unknown>
  return first.done === true ? first.value : save(new GeneratorFrame(generator, first.value, trace))
}
