/**
 * Is this fiber building a layer? Then it gives way as under Effect's own scheduler.
 *
 * Layers open something in one step and attach its handler in another: `NodeHttpServer` listens, and the routes attach
 * their handler when they are built. Under Effect's scheduler the loop does not turn in between, so the first request
 * finds a handler. If it turned, the request would be accepted and never answered.
 *
 * While a layer is built, the context holds its memo map, whose entries are complete when their layers are. That map
 * stays in the context of the program, so it is the entries that tell. Between two layers of one build there are moments
 * without an open entry; a build therefore counts as over after some looks without one.
 *
 * **Price.** A layer that computes while it is built holds the loop, as it does under Effect alone; so do the fibers
 * that it forks, until it is built. Supervision reports it.
 *
 * Rejected: a launch phase of the program, until it first comes to rest (layers are built later too, by `LayerMap`, in
 * tests, for a tenant; and a program that computes from the start would never come to rest); a mend in
 * `NodeHttpServer` (right, but only for it: sockets, subscriptions and signal handlers have the same gap).
 *
 * The entries are internal to Effect. Where they are missing, no fiber counts as building. See `hook/README.md`, and
 * `entries.test.ts` for the test that fails then.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"

interface Entry {
  readonly deferred?: { readonly effect?: unknown }
}

/** More operations than stand between one layer of a build and the next, and so more looks. A guess. */
const between = 32

const hasOpenEntry = (memoMap: unknown): boolean => {
  const { map } = memoMap as { readonly map?: unknown }
  if (!(map instanceof Map)) return false
  for (const entry of map.values() as Iterable<Entry>) {
    if (entry.deferred !== undefined && entry.deferred.effect === undefined) return true
  }
  return false
}

export class LayerBuilds {
  /** memo maps that were seen with an open entry, and the number of looks since that found none */
  private readonly seen = new WeakMap<object, number>()

  /** Asked when the fiber would have to give way. */
  isBuilding(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const memoMap = Context.getOrUndefined(fiber.context, Layer.CurrentMemoMap)
    if (memoMap === undefined) return false
    if (hasOpenEntry(memoMap)) {
      this.seen.set(memoMap, 0)
      return true
    }
    const looks = this.seen.get(memoMap)
    if (looks === undefined) return false
    if (looks < between) this.seen.set(memoMap, looks + 1)
    else this.seen.delete(memoMap)
    return looks < between
  }
}
