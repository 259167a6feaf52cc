/**
 * The emitting end of a job's elements: sends them, and waits when it is too far ahead.
 *
 * **Invariant**: at most `size` elements were sent and not granted again. The caller grants as many as it takes, so a job
 * never fills the memory of a slower caller.
 *
 * Rejected: the flow control of the channel (a message port has none); one acknowledgement per element (a message each).
 *
 * Decision 0063.
 */
import * as Effect from "effect/Effect"
import { parcel } from "../job/cutViews.ts"

type Send = (elements: ReadonlyArray<unknown>, transfer: ReadonlyArray<Transferable> | undefined) => void

export class ElementWindow {
  private credit: number
  /** wakes the one that emits, when it waits */
  private wake: (() => void) | undefined
  private readonly send: Send

  constructor(size: number, send: Send) {
    this.credit = size
    this.send = send
  }

  /**
   * Sends all of them, as many at once as the credit allows. Do not call it again before it is done. An error that `send`
   * throws is a defect. `transfer`: the values that move; then `elements` is a single one.
   */
  emit(elements: ReadonlyArray<unknown>, transfer?: ReadonlyArray<Transferable>): Effect.Effect<void> {
    let sent = 0
    return Effect.whileLoop({
      while: () => sent < elements.length,
      body: () =>
        this.credit > 0 ? Effect.sync(() => (sent += this.sendSome(elements, sent, transfer))) : this.granted,
      step: () => {}
    })
  }

  grant(elements: number): void {
    this.credit += elements
    const { wake } = this
    this.wake = undefined
    wake?.()
  }

  private sendSome(
    elements: ReadonlyArray<unknown>,
    from: number,
    transfer: ReadonlyArray<Transferable> | undefined
  ): number {
    const some = from === 0 && elements.length <= this.credit ? elements : elements.slice(from, from + this.credit)
    const cut = parcel(some, transfer)
    this.send(cut.message, cut.transfer)
    this.credit -= some.length
    return some.length
  }

  /** Looks at the credit again: the emitting fiber may have given way since it saw none, and got some meanwhile. */
  private readonly granted: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.credit > 0) {
      resume(Effect.void)
      return
    }
    this.wake = () => resume(Effect.void)
    return Effect.sync(() => {
      this.wake = undefined
    })
  })
}
