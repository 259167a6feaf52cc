/**
 * The same service on a plain pool: worker threads as they come, at the priority of the loop and without cancellation, as tokio's
 * `spawn_blocking` has them. The pool is piscina.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { availableParallelism } from "node:os"
import { Piscina } from "piscina"
import { serve } from "../scenario/httpService.ts"
import { below } from "./below.ts"

const pool = new Piscina({
  filename: new URL("./peerWorker.ts", import.meta.url).href,
  maxThreads: availableParallelism()
})

const work = Effect.promise(() => pool.run(below) as Promise<number>)

NodeRuntime.runMain(
  serve(
    HttpRouter.add(
      "GET",
      "/work",
      Effect.map(work, (count) => HttpServerResponse.text(String(count)))
    )
  )
)
