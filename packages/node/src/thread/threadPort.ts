/**
 * This thread's end of the connection to a thread of Giveway's own that may be started again: each has a port of its own.
 *
 * **Invariant.** It keeps no process alive. Messages to a thread that has ended, or does not run yet, go nowhere.
 */
import type { MessagePort, Transferable } from "node:worker_threads"
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface ThreadPort<Sent, Heard> {
  readonly post: (message: Sent, transfer?: ReadonlyArray<Transferable>) => void
  /** the next message that has come and was not heard yet */
  readonly read: () => Heard | undefined
  readonly isOpen: () => boolean
  /** makes a new connection, for the thread that starts next; returns its end */
  readonly open: () => MessagePort
  readonly close: () => void
}

/** Closed with the scope. `hear` takes each message, and `last` those that have come when the scope closes. */
export const make = <Sent, Heard>(
  hear: (message: Heard) => void,
  last: (message: Heard) => void = () => {}
): Effect.Effect<ThreadPort<Sent, Heard>, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => open<Sent, Heard>(hear)),
    ({ close, read }) =>
      Effect.sync(() => {
        for (let message = read(); message !== undefined; message = read()) last(message)
        close()
      })
  )

const open = <Sent, Heard>(hear: (message: Heard) => void): ThreadPort<Sent, Heard> => {
  let current: MessagePort | undefined
  const close = (): void => {
    current?.close()
    current = undefined
  }
  return {
    post: (message, transfer = []) => current?.postMessage(message, [...transfer]),
    read: () => (current === undefined ? undefined : (receiveMessageOnPort(current)?.message as Heard | undefined)),
    isOpen: () => current !== undefined,
    open: () => {
      close()
      const { port1, port2 } = new MessageChannel()
      port1.on("message", hear)
      port1.unref()
      current = port1
      return port2
    },
    close
  }
}
