/**
 * Signals of the process, for the layers that listen for them.
 *
 * **Invariant.** The process has one listener for a signal, however many layers there are. Node warns of a leak from the
 * eleventh on, and a test suite or a server of several tenants has so many layers.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Subscription {
  readonly hear: () => void
}

/** Marks a listener of Giveway's: another copy of this package may have one, too. */
const ours: unique symbol = Symbol.for("~giveway/signalListener")

type Listener = (() => void) & { readonly [ours]: true }

interface Listened {
  readonly subscriptions: Set<Subscription>
  readonly listener: Listener
}

const listened = new Map<NodeJS.Signals, Listened>()

const begin = (signal: NodeJS.Signals): Listened => {
  const subscriptions = new Set<Subscription>()
  const hear = (): void => {
    // layers that would do the same do it once
    for (const hear of new Set(Array.from(subscriptions, ({ hear }) => hear))) hear()
  }
  const listener: Listener = Object.assign(hear, { [ours]: true } as const)
  process.on(signal, listener)
  const begun = { subscriptions, listener }
  listened.set(signal, begun)
  return begun
}

const subscribe = (signal: NodeJS.Signals, hear: () => void): (() => void) => {
  const { listener, subscriptions } = listened.get(signal) ?? begin(signal)
  const subscription = { hear }
  subscriptions.add(subscription)
  return () => {
    subscriptions.delete(subscription)
    if (subscriptions.size > 0) return
    process.off(signal, listener)
    listened.delete(signal)
  }
}

/** Calls `hear` at each `signal` until the scope closes. Several layers with the same function have it called once. */
export const listen = (signal: NodeJS.Signals, hear: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => subscribe(signal, hear)),
      (end) => Effect.sync(end)
    )
  )

/** Whether the program listens, besides Giveway. */
export const isHeardByOthers = (signal: NodeJS.Signals): boolean =>
  process.listeners(signal).some((listener) => !(ours in listener))

/** Ends the process by `signal`, as it ends where nobody listens. */
export const endBy = (signal: NodeJS.Signals): void => {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
