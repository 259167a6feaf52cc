/**
 * Built-in functions that call back, apart from the methods of arrays: `Map.prototype.forEach`, `replace` with a function and others.
 * Their steppable form calls the callback for one item after the other (a **visit**) and gives way between two visits, or in one.
 *
 * **Invariant.** The steps are those of ECMAScript, in that order. If the language itself cannot be told to take them one by one
 * (another receiver than usual, a patched prototype), the form calls the built-in function as it is. Decision 0158.
 */
import { apply } from "../intrinsics.ts"
import { budget } from "../slices/budget.ts"
import type { Frame } from "../suspension.ts"
import { save, SUSPENDED } from "../suspension.ts"
import type { Twin } from "../twins.ts"
import { twinOf } from "../twins.ts"
import { register } from "./register.ts"

/** A callback's work in units of the budget, a guess: the driver corrects it by the time that a budget took. */
const weight = 12

/** Calls `f` in its steppable form, if it has one: its result, or `SUSPENDED`. */
const stepInto = (f: unknown, self: unknown, args: ReadonlyArray<unknown>): unknown => {
  const twin = twinOf(f as object)
  if (twin !== undefined) return apply(twin, self, args)
  register.to = f
  register.now = 1
  return apply(f as Twin, self, args)
}

export abstract class Visits implements Frame {
  private readonly f: unknown
  private readonly receiver: unknown
  private waits = false

  constructor(f: unknown, self: unknown) {
    this.f = f
    this.receiver = self
  }

  /** The arguments of the next visit; `undefined` at the end. */
  abstract next(): ReadonlyArray<unknown> | undefined
  /** Takes the result of a visit. */
  abstract take(result: unknown): void
  /** The result of the call. */
  abstract end(): unknown

  run(): unknown {
    for (;;) {
      const args = this.next()
      if (args === undefined) return this.end()
      const result = stepInto(this.f, this.receiver, args)
      if (result === SUSPENDED) {
        this.waits = true
        return save(this)
      }
      this.take(result)
      if ((budget[0]! -= weight) < 0) return save(this)
    }
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown => {
    if (threw) throw value
    if (this.waits) {
      this.waits = false
      this.take(value)
    }
    return this.run()
  }
}
