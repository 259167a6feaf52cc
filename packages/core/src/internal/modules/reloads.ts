/**
 * How often this thread has evaluated a module again that workers may have imported before. A pool asks at each job, and
 * replaces the workers that are older: they hold the old code, and the old code of all that the module imports.
 */
import { shared } from "../copies/sharedState.ts"

const state = shared("reloads/1", () => ({ count: 0, once: false }))

export const note = (): void => void state.count++

/** Hot: asked for each job. */
export const count = (): number => state.count

/** A worker says so: it never evaluates a module again under the same URL. A second definition of a name is a mistake there. */
export const evaluateOnce = (): void => {
  state.once = true
}

export const evaluatesOnce = (): boolean => state.once
