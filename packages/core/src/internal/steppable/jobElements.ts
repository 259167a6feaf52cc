/**
 * The elements of a compiled generator: of the handler of a `Task.stream`, as a job runs it.
 *
 * The twin of a generator is a generator as well, so its frame is that of every twin in generator form (`suspension.ts`). It
 * suspends for two reasons: at a yield point, and at each `yield` of the source, where it first puts the element down with
 * {@link emit}. So one driver serves both, and a function that the generator calls can give way in the middle of an element.
 *
 * As in every job, a yield point asks only whether the job was cancelled (`jobSteps.ts`).
 *
 * **Invariant.** An element is taken before any other code runs: from `emit` to the end of the activation's step the stack
 * only unwinds.
 *
 * Decision 0119.
 */
import { Activation } from "./activation.ts"
import { apply } from "./intrinsics.ts"
import { untilCancelled } from "./jobSteps.ts"
import type { Policy } from "./slices/budget.ts"
import { SUSPENDED } from "./suspension.ts"
import type { Twin } from "./twins.ts"

const none: unique symbol = Symbol("none")

/** The element of the suspension that is under way, if it has one. */
let emitted: unknown = none

/**
 * Compiled code: the source yields `element`. The generator yields the result of this call.
 *
 * @category elements
 * @since 0.1.0
 */
export const emit = (element: unknown): void => {
  emitted = element
}

/**
 * Compiled code: `yield*` over an iterable that has no twin. Its value is that of `yield*`.
 *
 * @category elements
 * @since 0.1.0
 */
export function* delegate(iterable: Iterable<unknown, unknown>): Generator<void, unknown> {
  const iterator = iterable[Symbol.iterator]()
  const { next } = iterator
  let isOver = false
  try {
    for (;;) {
      // one that throws is over
      isOver = true
      const step = apply(next, iterator, []) as IteratorResult<unknown, unknown>
      if (step.done === true) return step.value
      isOver = false
      yield emit(step.value)
    }
  } finally {
    if (!isOver) iterator.return?.()
  }
}

const twins = new WeakMap<object, Twin>()

/**
 * Compiled code: `twin` is the steppable form of `plain`, the generator that is the handler of a task. Returns `plain`.
 *
 * @category elements
 * @since 0.1.0
 */
export const attachElements = <F extends object>(plain: F, twin: Twin): F => {
  twins.set(plain, twin)
  return plain
}

/** The form of the generator `plain` that a job runs, if it was compiled. */
export const twinOf = (plain: object): Twin | undefined => twins.get(plain)

/** There are no more elements. */
export const ended: unique symbol = Symbol("ended")

/** One run of a compiled generator. */
export class Elements {
  private readonly activation = new Activation()
  private isBegun = false
  private readonly twin: Twin
  private readonly args: ReadonlyArray<unknown>
  private readonly policy: Policy

  /** `yieldPoints`: when a yield point gives way */
  constructor(twin: Twin, args: ReadonlyArray<unknown>, yieldPoints: Policy = untilCancelled) {
    this.twin = twin
    this.args = args
    this.policy = {
      begin: (pace) => yieldPoints.begin(pace),
      poll: (pace) => emitted !== none || yieldPoints.poll(pace)
    }
  }

  /** The next element, {@link ended}, or `SUSPENDED` at a yield point of a job that was cancelled. Throws as the generator does. */
  next(): unknown {
    emitted = none
    const result = this.isBegun ? this.activation.step(this.policy) : this.begin()
    if (result !== SUSPENDED) return ended
    const element = emitted
    emitted = none
    return element === none ? SUSPENDED : element
  }

  /** Leaves the generator: its `finally` blocks run. */
  close(): void {
    if (this.isBegun && !this.activation.isOver) this.activation.abandon()
    emitted = none
  }

  private begin(): unknown {
    this.isBegun = true
    return this.activation.begin(this.twin, this.args, this.policy)
  }
}
