/**
 * What watching threads have to say of a process that is about to exit: its event loop will not turn again, so nobody
 * would read their messages.
 */
import type { MessagePort } from "node:worker_threads"
import { receiveMessageOnPort } from "node:worker_threads"
import type * as Sysmon from "@giveway/core/Sysmon"

type Receive = (message: Sysmon.Message) => void

const watched = new Map<MessagePort, Receive>()

/** How long a watcher is waited for, ms: the 20 that it may take for an open question, and its way. */
const patienceMs = 25

/** No stall has a higher number. */
const all = Number.MAX_SAFE_INTEGER

/** Remembers whose messages come through `port`, until the returned function is called. */
export const add = (port: MessagePort, receive: Receive): (() => void) => {
  watched.set(port, receive)
  return () => void watched.delete(port)
}

/** Waits for what the watchers have to say, and then publishes what has ended. Holds the thread, which has nothing else to do. */
export const hear = (): void => {
  const until = performance.now() + patienceMs
  do {
    for (const [port, receive] of watched) {
      for (let told = receiveMessageOnPort(port); told !== undefined; told = receiveMessageOnPort(port)) {
        receive(told.message as Sysmon.Message)
      }
    }
  } while (performance.now() < until)
  for (const receive of watched.values()) receive({ _tag: "Settled", release: all, spent: undefined })
}
