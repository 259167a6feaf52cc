/**
 * Routes: the names of the fibers that handle HTTP requests, as in `GET /users/:id`.
 *
 * Effect's span of a request is called `GET`, and there is none if nothing exports or logs it. Its router knows the route, and
 * puts it into the context of the request's fiber, from where all fibers have it that the handler starts. A fiber is named by its
 * route unless it is in a span, or an `Effect.fn`, that was entered after the route was found: those are more exact. The spans
 * from before say less than the route: the one of the request, and the one in which the server was started.
 *
 * The hook names fibers by `fiber.cache`, which two contexts share unless a service differs that is marked as cached
 * (`fiberCached`). {@link Route} marks the route as such, so that two routes have two caches. That costs a request some 0.2 µs,
 * and a slice nothing.
 *
 * Core loads nothing of `effect/http`: the service is found by its key, and its shape is checked.
 *
 * Rejected: `span.kind === "server"` for the spans to be replaced. An RPC that comes by HTTP has such a span too, with a name that
 * says more than the route, and the span in which the server was started has another kind.
 *
 * Decision 0104.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as cut from "../safeText/cut.ts"

const key = "effect/http/HttpRouter/RouteContext"

/** The value of Effect's `RouteContext`: one object for each request. */
interface RouteContext {
  readonly route: { readonly method: string; readonly path: string }
}

type Cache = Fiber.Fiber<unknown, unknown>["cache"]

/** The spans and functions that a request was in when its route was found. */
type Outside = Pick<Cache, "span" | "stackFrame">

/** Effect's types do not show the mark. */
const cached: object = { fiberCached: true }

/** Effect's `RouteContext`, by its key, and marked. */
class Route extends Context.Service<Route, RouteContext>()(key, cached) {}

/** Whether contexts of different routes have different caches; `undefined` until {@link install}. */
let marked: boolean | undefined

/** Whether a route was ever found: a program without a router pays for nothing. */
let found = false

/** Tests whether this version of Effect tells fibers of different routes apart by their cache. */
export const install = (): void => {
  // the mark is internal to Effect: without it, all routes of a server have one cache, and fibers are named by their spans alone
  marked ??= Effect.runSync(
    Effect.withFiber((fiber) => {
      const { cache, context } = fiber
      fiber.setContext(Context.add(context, Route, { route: { method: "GET", path: "/" } }) as Context.Context<never>)
      const differs = fiber.cache !== cache
      fiber.setContext(context)
      return Effect.succeed(differs)
    })
  )
}

const outsides = new WeakMap<RouteContext, Outside>()
const names = new WeakMap<RouteContext["route"], string>()

const contextOf = (fiber: Fiber.Fiber<unknown, unknown>): RouteContext | undefined => {
  const context = Context.getOrUndefined(fiber.context, Route)
  return typeof context?.route?.path === "string" && typeof context.route.method === "string" ? context : undefined
}

/**
 * A running fiber got another cache: notes the spans that it is in, if that is since its route was found. Returns whether it is.
 */
export const note = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const context = contextOf(fiber)
  if (marked !== true || context === undefined || outsides.has(context)) return false
  found = true
  const { span, stackFrame } = fiber.cache
  outsides.set(context, { span, stackFrame })
  return true
}

/** The name of a fiber's route; `undefined` if it has none, or is in a span or function of its own. */
export const nameOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => {
  if (!found) return undefined
  const context = contextOf(fiber)
  const outside = context === undefined ? undefined : outsides.get(context)
  if (context === undefined || outside === undefined) return undefined
  const { span, stackFrame } = fiber.cache
  if (span !== outside.span || stackFrame !== outside.stackFrame) return undefined
  const { route } = context
  const known = names.get(route)
  if (known !== undefined) return known
  const name = cut.to(cut.nameLetters, `${route.method} ${route.path}`)
  names.set(route, name)
  return name
}
