/**
 * The three things a scheduler needs from the host's event loop, in one seam, so that its policy runs under a virtual
 * clock in tests.
 */
export interface EventLoop {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /**
   * Runs `f` once, after the timers and I/O callbacks that are due have run, and before the loop may block. In Node
   * that is the check phase of this iteration, or of the next one when called from the check phase.
   */
  readonly afterPoll: (f: () => void) => void
  /** Hands an error that nobody caught to the host, without unwinding the caller. */
  readonly reportUncaught: (error: unknown) => void
}

/** `lib.dom` knows no `setImmediate`. */
const host = globalThis as { readonly setImmediate?: (f: () => void) => unknown }

/**
 * Taken when the module loads, as fake timers replace both later: under a clock that stands still no slice would ever
 * end, and a scheduler made meanwhile would wait for an immediate that nobody fires once the real ones are back.
 */
const immediate = host.setImmediate
const now = performance.now.bind(performance)

/**
 * The host this thread runs in. Without `setImmediate` (browsers) a message to oneself takes its place: `setTimeout`
 * would be held back to 4 ms by every browser once nested.
 */
const afterPoll = (): ((f: () => void) => void) => {
  if (immediate !== undefined) return (f) => void immediate(f)
  const { port1, port2 } = new MessageChannel()
  let pending: Array<() => void> = []
  port1.addEventListener("message", () => {
    const due = pending
    pending = []
    for (const f of due) f()
  })
  port1.start()
  return (f) => {
    if (pending.push(f) === 1) port2.postMessage(undefined)
  }
}

/** The event loop of this thread. */
export const make = (): EventLoop => ({
  now,
  afterPoll: afterPoll(),
  reportUncaught: (error) =>
    queueMicrotask(() => {
      throw error
    })
})
