/**
 * What the service knows of itself: thumbnails made, processor time used, stalls seen.
 */
import { Context, Effect, Layer, Ref } from "effect"
import type { ServiceStats } from "./ThumbnailApi.ts"

export class Statistics extends Context.Service<
  Statistics,
  {
    readonly thumbnailMade: Effect.Effect<void>
    readonly current: Effect.Effect<typeof ServiceStats.Type>
  }
>()("@giveway/examples/Statistics") {
  static readonly layer: Layer.Layer<Statistics> = Layer.effect(
    Statistics,
    Effect.gen(function* () {
      const thumbnails = yield* Ref.make(0)
      return Statistics.of({
        thumbnailMade: Ref.update(thumbnails, (count) => count + 1),
        current: Effect.gen(function* () {
          const { system, user } = process.cpuUsage()
          return {
            nowMs: performance.now(),
            cpuMs: (system + user) / 1000,
            thumbnails: yield* Ref.get(thumbnails),
            stalls: { seen: 0 }
          }
        })
      })
    })
  )
}
