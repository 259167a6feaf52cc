/**
 * The part of serving that a program has from its start: the listener of the signal, and the promise of the rest, which is loaded when
 * sysmon runs (`serving.ts`): a process that ends before that pays for none of it.
 *
 * Decision 0150.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as dumpSignal from "../thread/dumpSignal.ts"
import * as processSignals from "../thread/processSignals.ts"
import type { Served } from "./serveOptions.ts"
import type { Serving } from "./servedThread.ts"

const load = (): Promise<typeof import("./serving.ts")> => import("./serving.ts")

const printDump = (): void => {
  if (dumpSignal.asksForFibers()) void load().then((serving) => serving.printDump())
}

/** Prepares to serve this process as `options`, the option `serve` of `NodeSysmon.layer`, say. */
export const make = Effect.fnUntraced(function* (options: Served): Effect.fn.Return<Serving, never, Scope.Scope> {
  const { port, signal, socket } = options
  // without a listener the signal would end the process
  if (signal) {
    dumpSignal.prepare()
    yield* processSignals.listen(dumpSignal.signal, printDump)
  }
  if (!socket && port === undefined) return { label: () => {}, connect: () => undefined, start: () => Effect.void }
  let serving: Serving | undefined
  return {
    label: (label) => serving?.label(label),
    connect: () => serving?.connect(),
    start: Effect.fnUntraced(function* (thread) {
      const { make } = yield* Effect.promise(load)
      serving = yield* make(options)
      yield* serving.start(thread)
    })
  }
})
