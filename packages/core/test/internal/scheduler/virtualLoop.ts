/**
 * An event loop whose time stands still unless a test moves it: scheduling policy without a clock.
 *
 * `spend` stands for work, `pass` for the check phase. Fibers that neither sleep nor await promises run in it
 * completely, so a test sees every turn.
 */
import { Effect } from "effect"
import type { EventLoop } from "../../../src/internal/scheduler/eventLoop.ts"

export class VirtualLoop implements EventLoop {
  time = 1000
  readonly errors: Array<unknown> = []
  private due: Array<() => void> = []

  readonly now = (): number => this.time
  readonly afterPoll = (f: () => void): void => void this.due.push(f)
  readonly reportUncaught = (error: unknown): void => void this.errors.push(error)

  get idle(): boolean {
    return this.due.length === 0
  }

  /** An operation that takes `ms`. */
  spend(ms: number): Effect.Effect<void> {
    return Effect.sync(() => {
      this.time += ms
    })
  }

  /** One check phase; returns how long it took, ms. */
  pass(): number {
    const { due } = this
    const start = this.time
    this.due = []
    for (const f of due) f()
    return this.time - start
  }

  /** Passes until nothing is due, at most `limit`; returns the time of each. */
  run(limit = 100_000): ReadonlyArray<number> {
    const passes: Array<number> = []
    while (!this.idle && passes.length < limit) passes.push(this.pass())
    return passes
  }
}
