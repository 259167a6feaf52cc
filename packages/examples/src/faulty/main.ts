/**
 * A small service with three planted faults, for `npm run doctor:demo`: it knows nothing of Giveway, works, and is sometimes
 * slow for everybody. It serves itself some requests and ends. Each fault holds the loop for several times what the doctor
 * allows, so that a slow or busy machine changes no verdict.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { reprice } from "./prices.ts"
import { revision } from "./revision.ts"
import { thumbnail } from "./thumbnail.ts"

/** What is well: it waits, and computes little. */
const photo = Effect.sleep("5 millis").pipe(Effect.as("a photo"), Effect.withSpan("GET /photo"))

const healthy = Effect.forEach(Array.from({ length: 40 }), () => photo, { concurrency: 4, discard: true })

const round = Effect.gen(function* () {
  yield* healthy
  yield* thumbnail(500)
  yield* healthy
  yield* reprice(3500)
  yield* healthy
  yield* revision
})

const program = Effect.gen(function* () {
  // a service runs for longer than it takes to start
  yield* Effect.sleep("1500 millis")
  yield* round
  yield* round
  yield* Effect.sleep("200 millis")
  yield* Effect.log("served")
})

NodeRuntime.runMain(program)
