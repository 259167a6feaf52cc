import { NodeHttpServer } from "@effect/platform-node"
import { TestCompute } from "@giveway/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient, HttpRouter } from "effect/http"
import { Routes } from "../src/Routes.ts"

const Service = HttpRouter.serve(Routes, { disableLogger: true }).pipe(
  Layer.provideMerge(NodeHttpServer.layerTest),
  Layer.provideMerge(TestCompute.layer)
)

layer(Service)("the service", (it) => {
  it.effect("counts primes", () =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get("/primes/100")
      assert.deepStrictEqual(yield* response.json, { below: 100, count: 25 })
    })
  )

  it.effect("finds factors", () =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get("/factors/84")
      assert.deepStrictEqual(yield* response.json, { n: 84, factors: [2, 2, 3, 7] })
    })
  )

  it.effect("refuses a number that is none", () =>
    Effect.gen(function* () {
      const response = yield* HttpClient.get("/primes/many")
      assert.strictEqual(response.status, 400)
    })
  )
})
