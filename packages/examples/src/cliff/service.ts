/**
 * A service of which a share of the work computes. `async-only` computes on the event loop, `giveway` on worker threads.
 *
 * Arguments: the side.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Compute } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { countPrimes, primes } from "../roundabout/primes.ts"
import { serve } from "../scenario/httpService.ts"
import { below } from "./below.ts"

const route = <E, R>(work: Effect.Effect<number, E, R>) =>
  HttpRouter.add("GET", "/work", Effect.orDie(Effect.map(work, (count) => HttpServerResponse.text(String(count)))))

if (process.argv[2] === "giveway") Giveway.runMain(serve(route(Compute.run(countPrimes, below))))
else NodeRuntime.runMain(serve(route(Effect.sync(() => primes(below)))))
