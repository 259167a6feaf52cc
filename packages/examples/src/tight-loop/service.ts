/**
 * The loop that froze Go programs before 1.14: `for (;;);`, reached by a request. `async-only` runs it as a synchronous function; `giveway`
 * marks the same function as `Pure.fn`, runs it under a timeout, and the compiler does the rest. Both are supervised.
 *
 * Arguments: the side.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Pure } from "@giveway/core"
import { Giveway, NodeSysmon } from "@giveway/node"
import { Effect, Schedule } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { serve } from "../scenario/httpService.ts"

/** No input ends it. */
const spin = (): number => {
  let turns = 0
  for (;;) turns = (turns + 1) | 0
}

const stuck = Pure.fn("stuck", spin)

/** A request that meets the bug; the deadline stops it. */
const route = (work: Effect.Effect<number>) =>
  HttpRouter.add(
    "GET",
    "/work",
    work.pipe(
      Effect.timeoutOption("500 millis"),
      Effect.map(({ _tag }) => HttpServerResponse.text(_tag === "None" ? "stopped by its deadline" : "ended"))
    )
  )

if (process.argv[2] === "giveway") {
  Giveway.runMain(serve(route(stuck())))
} else {
  // who started it ends it: the loop hears nothing any more
  NodeRuntime.runMain(
    serve(route(Effect.sync(spin).pipe(Effect.withSpan("stuck")))).pipe(
      Effect.provide(NodeSysmon.layer({ grace: 0 })),
      Effect.retry(Schedule.recurs(0))
    )
  )
}
