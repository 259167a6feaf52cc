/**
 * The callers that wait until a pool is ready (`Compute.ready`), or until it is known why it is not.
 *
 * **Invariant**: a listener is called at most once, and never after its wait was ended.
 */
type Listener = (failure: Error | undefined) => void

export class Readiness {
  private readonly listeners = new Set<Listener>()
  private readonly changed: () => void

  /** `changed` is called when the number of callers has changed. */
  constructor(changed: () => void) {
    this.changed = changed
  }

  get isAwaited(): boolean {
    return this.listeners.size > 0
  }

  /** Returns a function that ends the wait. */
  add(listener: Listener): () => void {
    this.listeners.add(listener)
    this.changed()
    return () => {
      if (this.listeners.delete(listener)) this.changed()
    }
  }

  /** The pool is ready, or has failed to get so: tells all callers. */
  tell(failure: Error | undefined): void {
    if (this.listeners.size === 0) return
    const listeners = Array.from(this.listeners)
    this.listeners.clear()
    this.changed()
    for (const listener of listeners) listener(failure)
  }
}
