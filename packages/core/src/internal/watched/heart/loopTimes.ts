/**
 * Counters of the event loop that the host keeps (Node does): how long the loop was not waiting for events, how often it
 * turned, and how many events it has had. A reading of one costs a fifth of a microsecond.
 */

interface Host {
  readonly eventLoopUtilization?: () => { readonly active: number }
  readonly nodeTiming?: { readonly uvMetricsInfo?: { readonly loopCount: number; readonly events: number } }
}

const host = performance as Host

/** Time in which the loop was not idle since it began, in ms; `undefined` if the host does not count. */
export const activeMs = (): number | undefined => {
  const active = host.eventLoopUtilization?.().active
  // 0 means that the loop has not begun
  return active === 0 ? undefined : active
}

/** How often the loop has turned; `undefined` if the host does not count. */
export const turns = (): number | undefined => host.nodeTiming?.uvMetricsInfo?.loopCount

/** How many events the loop has had from outside (timers are none); `undefined` if the host does not count. */
export const events = (): number | undefined => host.nodeTiming?.uvMetricsInfo?.events
