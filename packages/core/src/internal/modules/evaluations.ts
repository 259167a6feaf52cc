/**
 * When a module defines a name for the second time: is it the same mistake twice, or the module again?
 *
 * Only the two places can tell. Neither the text of a definition (two calls of one function have the same) nor its position
 * (an edit moves it) identifies it.
 *
 * **Invariant**: a definition replaces another only if it certainly comes from a later evaluation of the module. So no
 * worker runs one definition where its caller has meant another. Where that is not certain, a worker must not run it.
 *
 * Decision 0111.
 */
import type { Place } from "./place.ts"
import { isBundled } from "./url.ts"

/**
 * - `again`: the module was evaluated again; the new definition replaces the old one.
 * - `twice`: one evaluation defines the name twice.
 * - `unclear`: perhaps one evaluation, perhaps two. It was made by a call of a function of the module: a worker, which only
 *   imports the module, would not find it, or find another in its place.
 * - `copy`: a bundler has made several files of the module, and this thread has loaded more than one of them.
 */
type Relation = "again" | "twice" | "unclear" | "copy"

const fileOfSite = (site: string): string => site.replace(/:\d+:\d+$/, "")

/** `once`: on this thread no module is evaluated again under the same URL, as on a compute worker. */
export const relate = (known: Place, next: Place, once: boolean): Relation => {
  const { origin } = next
  if (isBundled(next.moduleUrl)) {
    const inSameFile = known.moduleUrl === next.moduleUrl && fileOfSite(known.site) === fileOfSite(next.site)
    if (!inSameFile) return "copy"
  }
  if (known.moduleUrl !== next.moduleUrl) return origin === "elsewhere" ? "unclear" : "again"
  if (once) return origin === "elsewhere" ? "unclear" : "twice"
  const sameTurn = known.turn === next.turn
  if (origin === "top") {
    // a synchronous loader may evaluate a module twice in one turn, at the request of two callers
    return sameTurn && known.origin === "top" && known.behind === next.behind ? "twice" : "again"
  }
  // the same function, called again: in a test that is no harm, since the definition itself is run there
  return sameTurn && (origin === "unknown" || known.site !== next.site) ? "twice" : "unclear"
}

/** Whether a name that its module has not defined before belongs to a later evaluation than `known`, the module's last. */
export const isLater = (known: Place, next: Place, once: boolean): boolean => {
  if (once || next.origin !== "top") return false
  // nothing is behind a top level that goes on after an `await`: that is the same evaluation
  return known.moduleUrl !== next.moduleUrl || (known.turn !== next.turn && next.behind !== "")
}
