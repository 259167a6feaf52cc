/**
 * Reads the messages of watching threads while the process exits. Its event loop does not turn again, so the usual
 * listeners would never get them.
 */
import type * as Sysmon from "@giveway/core/Sysmon"

type Receive = (message: Sysmon.Message) => void

/** Takes the next message of a watcher that has come. */
type Read = () => Sysmon.Message | undefined

const watched = new Map<Read, Receive>()

/** How long to wait for the watchers, ms: 20 that a watcher may wait for an open question, and 5 for the message. */
const patienceMs = 25

/** No stall has a higher number. */
const all = Number.MAX_SAFE_INTEGER

/** The messages that `read` takes go to `receive` while the process exits, until the returned function is called. */
export const add = (read: Read, receive: Receive): (() => void) => {
  watched.set(read, receive)
  return () => void watched.delete(read)
}

/** Waits for the watchers' last messages, then has all ended stalls published. Holds the thread, which has nothing else to do. */
export const hear = (): void => {
  const until = performance.now() + patienceMs
  do {
    for (const [read, receive] of watched) {
      for (let message = read(); message !== undefined; message = read()) receive(message)
    }
  } while (performance.now() < until)
  for (const receive of watched.values()) receive({ _tag: "Settled", release: all, spent: undefined })
}
