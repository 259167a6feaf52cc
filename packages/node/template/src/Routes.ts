import { Compute } from "@giveway/core"
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { factors } from "./factors.ts"
import { countPrimes } from "./primes.ts"

const Integer = Schema.FiniteFromString.pipe(Schema.decodeTo(Schema.Int))

const primes = Effect.gen(function* () {
  const { below } = yield* HttpRouter.schemaPathParams(Schema.Struct({ below: Integer }))
  const count = yield* Compute.run(countPrimes, { below }) // on a worker thread
  return yield* HttpServerResponse.json({ below, count })
})

const factorsOf = Effect.gen(function* () {
  const { n } = yield* HttpRouter.schemaPathParams(Schema.Struct({ n: Integer }))
  return yield* HttpServerResponse.json({ n, factors: yield* factors(n) }) // on the event loop, in slices
})

/** The timeout interrupts the fiber of the request. So the job stops on its worker, and the pure function between two slices. */
const inTime = Effect.timeoutOrElse({
  duration: "2 seconds",
  orElse: () => Effect.succeed(HttpServerResponse.text("it takes too long\n", { status: 503 }))
})

export const Routes = Layer.mergeAll(
  HttpRouter.add("GET", "/primes/:below", inTime(primes)),
  HttpRouter.add("GET", "/factors/:n", inTime(factorsOf))
)
