/**
 * `new F(...)` in stepped code: `F` is announced (`register.ts`), and goes on in its twin.
 *
 * A constructor that gives way returns `SUSPENDED`, which is no object: so `new` gives the new object instead. But the constructor
 * has left its frame, and while stepped code runs there are no other frames. So a frame says that the constructor gave way, and
 * the call waits for its end with the object in hand.
 *
 * Rejected: an object in place of `SUSPENDED` (a private field could be added to it). Decision 0157.
 */
import type { Frame } from "../suspension.ts"
import { save, unwound } from "../suspension.ts"
import { register } from "./register.ts"

const { construct: make } = Reflect

const isObject = (value: unknown): boolean =>
  (typeof value === "object" && value !== null) || typeof value === "function"

/** A `new` that waits for its constructor. */
class Construction implements Frame {
  private readonly made: unknown

  constructor(made: unknown) {
    this.made = made
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown => {
    if (threw) throw value
    return isObject(value) ? value : this.made
  }
}

/**
 * Compiled code: `new f(...args)`, where `f` is a function of a module that is known to construct.
 *
 * @category calls
 * @since 0.1.0
 */
export const construct = (f: new (...args: ReadonlyArray<unknown>) => unknown, ...args: Array<unknown>): unknown => {
  if (register.to !== f) register.to = f
  register.now = 1
  const made: unknown = make(f, args)
  return unwound.length === 0 ? made : save(new Construction(made))
}
