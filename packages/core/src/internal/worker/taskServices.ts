/**
 * The services of tasks, which a worker builds once and shares between jobs.
 *
 * They are built by fibers of the worker's own, not of a job's: cancelling the job that happened to need them first neither
 * tears them down nor waits for them.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as limits from "./limits.ts"

type AnyLayer = Layer.Layer<any, unknown>
type Built = Exit.Exit<Context.Context<any>, unknown>

interface Build {
  readonly since: number
  readonly fiber: Fiber.Fiber<Context.Context<any>, unknown>
}

interface TaskServices {
  /** The layer's services, or why there are none: they failed, or are not there after `limitMs`. They go on to be built then. */
  readonly of: (layer: AnyLayer, limitMs: number) => Effect.Effect<Built>
  /** releases them */
  readonly close: Effect.Effect<void>
}

/** Layers are built in `context`, and `outside` of the job that happened to need them first. */
export const make = (
  context: Context.Context<never>,
  outside: <A>(build: () => A) => A = (build) => build()
): TaskServices => {
  const memoMap = Layer.makeMemoMapUnsafe()
  const scope = Scope.makeUnsafe()
  const builds = new Map<AnyLayer, Build>()

  const begin = (layer: AnyLayer): Build => {
    // A child scope, so that a layer that fails halfway releases its part.
    const attempt = Scope.forkUnsafe(scope)
    const since = performance.now()
    const built = Effect.onExit(Layer.buildWithMemoMap(layer, memoMap, attempt), (exit) =>
      Exit.isSuccess(exit) ? Effect.void : Scope.close(attempt, exit)
    )
    const fiber = outside(() => Effect.runForkWith(context)(built))
    const build = { since, fiber }
    builds.set(layer, build)
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit)) builds.delete(layer)
    })
    return build
  }

  const of = (layer: AnyLayer, limitMs: number): Effect.Effect<Built> =>
    Effect.suspend(() => {
      const { fiber, since } = builds.get(layer) ?? begin(layer)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return Effect.succeed(exit)
      return Effect.timeoutOrElse(Fiber.await(fiber), {
        duration: limits.leftMs(since, limitMs),
        orElse: () => Effect.succeed(Exit.fail(limits.late("the layer was not built", since, hint)))
      })
    })

  return { of, close: Effect.suspend(() => Scope.close(scope, Exit.void)) }
}

const hint = "It goes on, and jobs that come when it is built find it. Give what it waits for a timeout"
