/**
 * Who may change state that outlives a call: variables of modules, objects in them, what a library keeps. Such state is for one
 * activation at a time, from the moment at which it first touches any until its end. The right to it is the **baton**, one for each
 * thread. This is the machine that decides; `baton.ts` executes.
 *
 * **Invariants.**
 * - While an activation holds the baton, no other code of the thread touches such state. So activations that touch it have the
 *   results that they would have one after the other (strict two-phase locking), and plain code never sees a state half done.
 * - There is one baton, and an activation that waits for it holds none: no circle of waiting can arise.
 * - Code that cannot wait (plain code, a synchronous driver) **helps**: it runs the holder to its end first. A holder can always run to
 *   its end, because it waits for nothing. So nothing fails, it is only slow.
 * - An activation inside of the holder's own call (plain code of the holder drives it) is a part of that call, as it is in plain code. It
 *   does not pause before its end ({@link BatonMachine.isPinned}).
 * - Those that wait are served in their order. A helper may come in between; then the first one waits again, as the first.
 *
 * Rejected: a baton for each module or package. Two activations that call from A into B and from B into A (callbacks do) would wait for
 * each other for ever, or one of them would have to fail with its state half done. Rejected too: to give the baton back when the
 * outermost function of a module returns; two calls of one activation could then see another's change between them.
 *
 * Decision 0143.
 */

import { bareArray, takeLast } from "../bareArray.ts"

const positionOf = <A>(array: ReadonlyArray<A>, a: A): number => {
  for (let i = 0; i < array.length; i++) if (array[i] === a) return i
  return -1
}

const takeAway = <A>(array: Array<A>, at: number): void => {
  for (let i = at + 1; i < array.length; i++) array[i - 1] = array[i]!
  array.length--
}

/** The answer to an activation that wants to touch state. `help`: the holder has to end first, and the caller cannot wait. */
type Answer = "go" | "wait" | "help"

/** The state of one thread. `A` stands for activations; the machine only compares them. */
export class BatonMachine<A> {
  /** whether the code that runs now may touch state; compiled code reads it before each touch */
  mine = true
  holder: A | undefined = undefined
  /** the activations whose code runs, outermost first: plain code of one may drive the next one */
  private readonly stack = bareArray<A>()
  /** those that wait, first come first */
  private readonly queue = bareArray<A>()

  /** The activation whose code runs. */
  get running(): A | undefined {
    return this.stack[this.stack.length - 1]
  }

  /** The code of `a` begins, or goes on. */
  begins(a: A): void {
    this.stack[this.stack.length] = a
    this.look()
  }

  /** The code of `a` pauses or is over. `keeps`: it goes on later. Returns the activation to be told that it may try again. */
  stops(a: A, keeps: boolean): A | undefined {
    takeLast(this.stack)
    return keeps ? void this.look() : this.leaves(a)
  }

  /** `a` goes on under the name `by`. */
  renames(a: A, by: A): void {
    if (this.holder === a) this.holder = by
  }

  /** The code that runs now is about to touch state. `mayWait`: it can pause here. */
  touches(mayWait: boolean): Answer {
    const { holder, queue, running } = this
    if (holder !== undefined && positionOf(this.stack, holder) !== -1) return "go"
    if (running === undefined) return holder === undefined ? "go" : "help"
    if (holder === undefined && (!mayWait || queue.length === 0 || queue[0] === running)) {
      this.holder = running
      const at = positionOf(queue, running)
      if (at !== -1) takeAway(queue, at)
      this.look()
      return "go"
    }
    if (!mayWait) return "help"
    if (positionOf(queue, running) === -1) queue[queue.length] = running
    return "wait"
  }

  /** Whether `a`, which waits, may try again. */
  isNext(a: A): boolean {
    return this.holder === undefined && this.queue[0] === a
  }

  /** Whether `a` must not pause: it runs within a call of the holder. */
  isPinned(a: A): boolean {
    return this.holder !== undefined && this.holder !== a && positionOf(this.stack, this.holder) !== -1
  }

  /** `a` is over, or is given up. Returns the activation to be told that it may try again. */
  leaves(a: A): A | undefined {
    const at = positionOf(this.queue, a)
    if (at !== -1) takeAway(this.queue, at)
    const freed = this.holder === a
    if (freed) this.holder = undefined
    this.look()
    return this.holder === undefined && (freed || at === 0) ? this.queue[0] : undefined
  }

  private look(): void {
    const { holder, stack } = this
    this.mine = holder === undefined ? stack.length === 0 : positionOf(stack, holder) !== -1
  }
}
