/**
 * `Compute` for a program that has begun: its pool is loaded and built with the first call, or when the watching thread runs.
 *
 * **Invariant.** There is one pool, and it is built once, whichever fiber asks first and whatever becomes of that fiber.
 *
 * Decision 0150.
 */
import { availableParallelism } from "node:os"
import { answers, Compute, laterCompute, ownFibers } from "@giveway/core/platform/Start"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as NodeCompute from "../NodeCompute.ts"

/** Without options the pool has a worker for each core, and its callers keep two jobs for each worker in flight. */
const parallelism = (): number => 2 * availableParallelism()

/** Without a job the pool starts after `begins`, or not at all. */
export const layer = (
  options: NodeCompute.Options | undefined,
  begins: Effect.Effect<void> | undefined
): Layer.Layer<Compute> =>
  Layer.effect(Compute)(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const context = yield* Effect.context<never>()
      const build = Effect.gen(function* () {
        const { layer } = yield* Effect.promise(() => import("../NodeCompute.ts"))
        return Context.get(yield* Effect.orDie(Layer.buildWithScope(layer(options), scope)), Compute)
      }).pipe(ownFibers.as("start"), Effect.provideContext(context))
      // advice about stalls need not say where to get a pool, nor that about the slice in which the program ends
      yield* Effect.acquireRelease(
        Effect.sync(() => answers.provide("pool", () => undefined)),
        (withdraw) => Effect.sync(() => void setImmediate(withdraw))
      )
      let building: Fiber.Fiber<Compute["Service"]> | undefined
      const built = Effect.suspend(() =>
        building === undefined
          ? Effect.flatMap(Effect.forkIn(build, scope), (fiber) => Fiber.join((building ??= fiber)))
          : Fiber.join(building)
      )
      if (begins !== undefined) yield* Effect.forkScoped(Effect.andThen(begins, built))
      return laterCompute(built, parallelism())
    })
  )
