/**
 * Counters of the event loop that the host keeps (Node does): how long the loop was not waiting for events, and how often it
 * turned. A reading of either costs a fifth of a microsecond.
 */

interface Host {
  readonly eventLoopUtilization?: () => { readonly active: number }
  readonly nodeTiming?: { readonly uvMetricsInfo?: { readonly loopCount: number } }
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
