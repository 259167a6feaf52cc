/**
 * A first-in-first-out queue of numbers from which any member can be withdrawn.
 *
 * **Invariant.** `size` counts the members that are still in; a withdrawn one leaves a hole that `shift` skips. Holes are
 * swept once they outnumber the members, so every operation is O(1) amortised, also for 100,000 jobs of which all but
 * the last are cancelled.
 *
 * Rejected: a `Map` in insertion order (finding its first key walks over every deleted entry until V8 rehashes); a
 * linked list (twice the memory, and no cheap copy for the tests that explore states).
 */
export class Fifo {
  private readonly members: Set<number>
  private order: Array<number>
  private head = 0

  constructor(members: Iterable<number> = []) {
    this.order = Array.from(members)
    this.members = new Set(this.order)
  }

  get size(): number {
    return this.members.size
  }

  /** `value` must not be in; the pool numbers its jobs and never uses a number twice while it is in. */
  push(value: number): void {
    this.members.add(value)
    this.order.push(value)
  }

  /** Puts a member back that was shifted, before all others. */
  unshift(value: number): void {
    this.members.add(value)
    if (this.head > 0) this.order[--this.head] = value
    else this.order.unshift(value)
  }

  /** Takes the oldest member out. */
  shift(): number | undefined {
    while (this.head < this.order.length) {
      const value = this.order[this.head++]!
      if (this.members.delete(value)) {
        if (this.head > sweepAt && this.head * 2 > this.order.length) this.sweep()
        return value
      }
    }
    this.sweep()
    return undefined
  }

  /** Takes `value` out wherever it stands; `false` if it is not in. */
  withdraw(value: number): boolean {
    if (!this.members.delete(value)) return false
    if (this.order.length - this.head > 2 * this.members.size + sweepAt) this.sweep()
    return true
  }

  /** The members, oldest first. */
  toArray(): Array<number> {
    return this.order.slice(this.head).filter((value) => this.members.has(value))
  }

  clone(): Fifo {
    return new Fifo(this.toArray())
  }

  private sweep(): void {
    this.order = this.toArray()
    this.head = 0
  }
}

/** Below this many entries sweeping costs more than the memory it saves. A guess. */
const sweepAt = 32
