/**
 * Trials of the modules that share resources: pools, counted references, caches, layers.
 */
import { Interleavings } from "@giveway/core/testing"
import {
  Cache,
  Context,
  Effect,
  Exit,
  Fiber,
  Layer,
  LayerMap,
  Pool,
  RcMap,
  RcRef,
  Resource,
  ScopedCache,
  ScopedRef,
  Scope
} from "effect"
import type { Trial } from "./trial.ts"
import { cutShort, expect, resource, step, together, trial } from "./trial.ts"

class Service extends Context.Service<Service, number>()("Service") {}

export const resources: ReadonlyArray<Trial> = [
  trial(
    "Pool",
    "three borrowers of one item by get",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const pool = yield* Pool.make({ acquire, size: 1 })
      const use = Effect.scoped(Effect.andThen(Pool.get(pool), step))
      yield* together(use, use, use)
    })
  ),
  trial(
    "Pool",
    "a use that is interrupted, and another after it",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const pool = yield* Pool.make({ acquire, size: 1 })
      yield* cutShort(Pool.use(pool, () => step))
      yield* Pool.use(pool, () => step)
    })
  ),
  trial(
    "Pool",
    "a get that is interrupted, and another after it",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const pool = yield* Pool.make({ acquire, size: 1 })
      const use = Effect.scoped(Effect.andThen(Pool.get(pool), step))
      yield* cutShort(use)
      yield* use
    })
  ),
  trial(
    "Pool",
    "an item that is invalidated while others wait",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const pool = yield* Pool.make({ acquire, size: 1 })
      const bad = Effect.scoped(Effect.flatMap(Pool.get(pool), (item) => Pool.invalidate(pool, item)))
      const use = Effect.scoped(Effect.andThen(Pool.get(pool), step))
      yield* together(bad, use)
    })
  ),
  trial(
    "RcRef",
    "a borrower that is interrupted",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
      const ref = yield* Scope.provide(RcRef.make({ acquire }), scope)
      yield* cutShort(Effect.scoped(Effect.andThen(RcRef.get(ref), step)))
      yield* expect(count.open === 0, "nobody borrows, and it is open")
    })
  ),
  trial(
    "RcRef",
    "two borrowers",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const ref = yield* RcRef.make({ acquire })
      const use = Effect.scoped(Effect.andThen(RcRef.get(ref), step))
      yield* together(use, use)
    })
  ),
  trial(
    "RcMap",
    "a borrower that is interrupted",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const map = yield* RcMap.make({ lookup: (_key: string) => acquire })
      yield* cutShort(Effect.scoped(Effect.andThen(RcMap.get(map, "key"), step)))
      yield* expect(count.open === 0, "nobody borrows, and it is open")
    })
  ),
  trial(
    "RcMap",
    "two borrowers, one of which is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const map = yield* RcMap.make({ lookup: (_key: string) => acquire })
      const get = RcMap.get(map, "key")
      const other = yield* Effect.forkChild(Effect.exit(Effect.scoped(get)))
      yield* cutShort(Effect.scoped(get))
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a borrower that nobody interrupted did not get it")
    })
  ),
  trial(
    "RcMap",
    "invalidated while it is borrowed",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const map = yield* RcMap.make({ lookup: (_key: string) => acquire })
      const use = Effect.scoped(Effect.andThen(RcMap.get(map, "key"), step))
      yield* together(use, RcMap.invalidate(map, "key"), use)
    })
  ),
  trial(
    "ScopedRef",
    "a set that is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const ref = yield* ScopedRef.fromAcquire(acquire)
      yield* cutShort(ScopedRef.set(ref, acquire))
      yield* ScopedRef.set(ref, acquire)
    })
  ),
  trial(
    "ScopedRef",
    "two sets",
    Effect.gen(function* () {
      const { acquire, count } = yield* resource
      const ref = yield* ScopedRef.fromAcquire(acquire)
      yield* together(ScopedRef.set(ref, acquire), ScopedRef.set(ref, acquire))
      yield* expect(count.open === 1, "more than the newest is open")
    })
  ),
  trial(
    "Resource",
    "two refreshes",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const manual = yield* Resource.manual(acquire)
      yield* together(Resource.refresh(manual), Resource.refresh(manual), Resource.get(manual))
    })
  ),
  trial(
    "Cache",
    "two callers, of which one is interrupted",
    Effect.gen(function* () {
      const cache = yield* Cache.make({
        capacity: 2,
        lookup: (_key: string) => Effect.andThen(Effect.yieldNow, Effect.succeed(1))
      })
      const get = Cache.get(cache, "key")
      const other = yield* Effect.forkChild(Effect.exit(get))
      yield* cutShort(get)
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a caller that nobody interrupted did not get it")
    })
  ),
  trial(
    "Cache",
    "one lookup for three callers",
    Effect.gen(function* () {
      let lookups = 0
      const lookup = (_key: string) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => ++lookups)
        )
      const cache = yield* Cache.make({ capacity: 2, lookup })
      const get = Cache.get(cache, "key")
      yield* together(get, get, get)
      yield* expect(lookups === 1, `${lookups} lookups`)
    })
  ),
  trial(
    "ScopedCache",
    "a caller that is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const cache = yield* ScopedCache.make({ capacity: 2, lookup: (_key: string) => acquire })
      yield* cutShort(ScopedCache.get(cache, "key"))
    })
  ),
  trial(
    "ScopedCache",
    "a value that is set while it is looked up",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const cache = yield* ScopedCache.make({ capacity: 2, lookup: (_key: string) => acquire })
      yield* together(ScopedCache.get(cache, "key"), ScopedCache.set(cache, "key", 9), ScopedCache.get(cache, "key"))
    })
  ),
  trial(
    "ScopedCache",
    "refreshed and invalidated at once",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const cache = yield* ScopedCache.make({ capacity: 2, lookup: (_key: string) => acquire })
      yield* ScopedCache.get(cache, "key")
      yield* together(ScopedCache.refresh(cache, "key"), ScopedCache.invalidate(cache, "key"))
    })
  ),
  trial(
    "ScopedCache",
    "more keys than places",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const cache = yield* ScopedCache.make({ capacity: 1, lookup: (_key: string) => acquire })
      yield* together(ScopedCache.get(cache, "a"), ScopedCache.get(cache, "b"))
    })
  ),
  trial(
    "Layer",
    "two builds with one memo map, of which one is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const memo = yield* Layer.makeMemoMap
      const layer = Layer.effect(Service, acquire)
      const build = Effect.scoped(
        Effect.flatMap(Effect.scope, (scope) => Effect.andThen(Layer.buildWithMemoMap(layer, memo, scope), step))
      )
      const other = yield* Effect.forkChild(Effect.exit(build))
      yield* cutShort(build)
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a build that nobody interrupted has failed")
    })
  ),
  trial(
    "Layer",
    "three builds with one memo map",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const memo = yield* Layer.makeMemoMap
      const layer = Layer.effect(Service, acquire)
      const build = Effect.scoped(
        Effect.flatMap(Effect.scope, (scope) => Effect.andThen(Layer.buildWithMemoMap(layer, memo, scope), step))
      )
      yield* together(build, build, build)
    })
  ),
  trial(
    "LayerMap",
    "two users of a key, of which one is interrupted",
    Effect.gen(function* () {
      const { acquire } = yield* resource
      const map = yield* LayerMap.make((_key: string) => Layer.effect(Service, acquire))
      const use = Effect.scoped(Effect.andThen(Layer.build(map.get("key")), step))
      const other = yield* Effect.forkChild(Effect.exit(use))
      yield* cutShort(use)
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a user that nobody interrupted has failed")
    })
  ),
  trial(
    "Effect.cached",
    "two callers, of which one is interrupted",
    Effect.gen(function* () {
      let runs = 0
      yield* Interleavings.atEnd("it ran twice at most", () => runs <= 2)
      const cached = yield* Effect.cached(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => ++runs)
        )
      )
      const other = yield* Effect.forkChild(Effect.exit(cached))
      yield* cutShort(cached)
      yield* expect(Exit.isSuccess(yield* Fiber.join(other)), "a caller that nobody interrupted did not get it")
    })
  )
]
