/**
 * Which steppable form a plain function has: a private field of the function itself, which no program can see.
 *
 * Rejected: a `WeakMap`. A callback is a new function each time its call is evaluated, and an entry for each of these costs
 * 1.5 µs, nearly all of it in the garbage collector; the field costs 35 ns.
 */
import type { Twin } from "./steppable.ts"

// oxlint-disable-next-line no-extraneous-class -- what it constructs is what it was given
class Itself {
  constructor(f: object) {
    // oxlint-disable-next-line no-constructor-return -- so that a field is added to what exists
    return f
  }
}

class Stepped extends Itself {
  #twin: Twin

  constructor(f: object, twin: Twin) {
    super(f)
    this.#twin = twin
  }

  static add(f: object, twin: Twin): void {
    if (#twin in f) f.#twin = twin
    // oxlint-disable-next-line no-new -- the function is the instance
    else new Stepped(f, twin)
  }

  static twinOf(f: object): Twin | undefined {
    return #twin in f ? f.#twin : undefined
  }
}

/** `twin` is the steppable form of `plain`. */
export const add: (plain: object, twin: Twin) => void = Stepped.add

/** The steppable form of `plain`, if it has one. */
export const of: (plain: object) => Twin | undefined = Stepped.twinOf
