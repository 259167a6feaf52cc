/**
 * The service of the benchmark `starvation`, a process of its own: it answers light requests under Giveway's stack, and
 * holds its loop when it is told to over the channel to its parent. It tells the parent of every record that supervision
 * publishes, and, from a plain timer that knows nothing of Giveway, how long the loop really did not turn.
 *
 * With the argument `rest` it has no timer and no fiber that runs by itself: between two orders its loop rests. An order that is
 * `raw` is obeyed in the callback in which it comes, and not by a fiber.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { FairScheduler, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Effect, Layer, Queue, Schedule, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import type { Inside } from "./stalls.ts"
import { calibrate, hold, holdHere, isPlain } from "./stalls.ts"

/** What the parent asks for. */
export type Order =
  | { readonly _tag: "Hold"; readonly id: number; readonly kind: Inside; readonly ms: number; readonly raw: boolean }
  | { readonly _tag: "Witness" }

/** A time in which the plain timer did not come, ms of the clock that all threads share. */
export interface Gap {
  readonly from: number
  readonly to: number
}

/** What the parent hears. */
export type News =
  | { readonly _tag: "Up"; readonly port: number }
  | {
      readonly _tag: "Held"
      readonly id: number
      readonly fiberId: number | undefined
      readonly from: number
      readonly to: number
    }
  | { readonly _tag: "Record"; readonly text: string; readonly record: unknown }
  | { readonly _tag: "Witnessed"; readonly gaps: ReadonlyArray<Gap> }

const rests = process.argv[2] === "rest"

const tell = (news: News): void => void process.send?.(news)

/** Times of `leastMs` and more in which a timer of `periodMs` did not come, since it was asked last. */
const witness = (periodMs: number, leastMs: number): (() => ReadonlyArray<Gap>) => {
  let gaps: Array<Gap> = []
  let last = performance.now()
  setInterval(() => {
    const now = performance.now()
    if (now - last >= leastMs) gaps.push({ from: performance.timeOrigin + last, to: performance.timeOrigin + now })
    last = now
  }, periodMs)
  return () => {
    const found = gaps
    gaps = []
    return found
  }
}

/** Half a millisecond of work between two short waits, as a request does. */
const work = Effect.sync(() => {
  const end = performance.now() + 0.25
  while (performance.now() < end);
})
const request = Effect.andThen(work, Effect.andThen(Effect.sleep("2 millis"), work)).pipe(Effect.withSpan("request"))

const program = Effect.gen(function* () {
  const supervision = yield* Supervision.Supervision
  yield* Stream.runForEach(supervision.starvation, (record) =>
    Effect.sync(() => tell({ _tag: "Record", text: String(record), record: JSON.parse(JSON.stringify(record)) }))
  ).pipe(Effect.forkScoped({ startImmediately: true }))
  // some fibers that run now and then without being asked
  if (!rests) yield* Effect.forkScoped(Effect.repeat(work, Schedule.spaced("7 millis")))
  const orders = yield* Queue.unbounded<Extract<Order, { readonly _tag: "Hold" }>>()
  const gaps = rests ? () => [] : witness(2, 30)
  process.on("message", (order: Order) => {
    if (order._tag === "Hold") {
      if (order.raw && isPlain(order.kind)) {
        tell({ _tag: "Held", id: order.id, fiberId: undefined, ...holdHere(order.kind, order.ms) })
      } else {
        Queue.offerUnsafe(orders, order)
      }
    } else tell({ _tag: "Witnessed", gaps: gaps() })
  })
  const { address } = yield* HttpServer.HttpServer
  if ("port" in address) tell({ _tag: "Up", port: address.port })
  const obey = ({ id, kind, ms }: Extract<Order, { readonly _tag: "Hold" }>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fiber
      const { from, to } = yield* hold(kind, ms)
      tell({ _tag: "Held", id, fiberId: fiber.id, from, to })
    }).pipe(Effect.withSpan(kind))
  yield* Effect.forever(Effect.flatMap(Queue.take(orders), (order) => Effect.forkChild(obey(order))))
})

const routes = HttpRouter.add("GET", "/", Effect.as(request, HttpServerResponse.text("done")))

const service = Layer.effectDiscard(Effect.forkScoped(program)).pipe(
  Layer.provideMerge(HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true })),
  Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })),
  Layer.provide(NodeSysmon.layer({ grace: 0, perMinute: { alike: 10_000, all: 10_000 } })),
  Layer.provide(FairScheduler.layer())
)

process.on("disconnect", () => process.exit())
calibrate()
Effect.runFork(Layer.launch(service))
