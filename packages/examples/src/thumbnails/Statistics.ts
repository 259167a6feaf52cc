/**
 * What the service knows of itself: thumbnails made, processor time used, and what supervision saw of its event loop.
 */
import { Supervision } from "@giveway/core"
import type { Starvation } from "@giveway/core"
import { Context, Effect, Layer, Ref, Stream } from "effect"
import type { ServiceStats } from "./ThumbnailApi.ts"

export class Statistics extends Context.Service<
  Statistics,
  {
    readonly thumbnailMade: Effect.Effect<void>
    readonly current: Effect.Effect<typeof ServiceStats.Type>
  }
>()("@giveway/examples/Statistics") {
  static readonly layer: Layer.Layer<Statistics, never, Supervision.Supervision> = Layer.effect(
    Statistics,
    Effect.gen(function* () {
      const supervision = yield* Supervision.Supervision
      const thumbnails = yield* Ref.make(0)
      const worst = yield* Ref.make<Starvation.Starvation | undefined>(undefined)
      yield* supervision.starvation.pipe(
        Stream.runForEach((stall) => Ref.update(worst, (known) => longer(known, stall))),
        Effect.forkScoped
      )
      return Statistics.of({
        thumbnailMade: Ref.update(thumbnails, (count) => count + 1),
        current: Effect.gen(function* () {
          const { system, user } = process.cpuUsage()
          const { stalls } = yield* supervision.statistics
          const longest = yield* Ref.get(worst)
          return {
            nowMs: performance.now(),
            cpuMs: (system + user) / 1000,
            thumbnails: yield* Ref.get(thumbnails),
            stalls: { seen: stalls, ...(longest === undefined ? {} : { worst: describe(longest) }) }
          }
        })
      })
    })
  )
}

const longer = (known: Starvation.Starvation | undefined, stall: Starvation.Starvation): Starvation.Starvation =>
  known === undefined || stall.durationMs > known.durationMs ? stall : known

/** Frames that belong to Node, Effect or Giveway: they run everything, so they tell nothing. */
const runtimeFrame = /\(?(node:|<anonymous>)|node_modules\/(effect|@effect)\/|packages\/(core|node)\//

const describe = (stall: Starvation.Starvation) => ({
  durationMs: stall.durationMs,
  report: stall.toString(),
  stack: (stall.hog.stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at ") && !runtimeFrame.test(line))
    .map((line) => line.replace("file://", "").replace(`${process.cwd()}/`, ""))
})
