/**
 * Runs a search on the event loop, a slice at a time, so that the fiber that waits for it can be interrupted and a timeout can come.
 *
 * A slice begins in a macrotask: within a microtask promises do not settle at once. While it runs, the guards stand.
 */
import * as Effect from "effect/Effect"
import * as eventLoop from "../scheduler/eventLoop.ts"
import * as microtasks from "./machine/microtasks.ts"
import type { Outcome, Settings } from "./search.ts"
import { Search } from "./search.ts"

/** Milliseconds that a search holds the thread at once. A guess: a test runner notices nothing. */
const slice = 15

/** The outcome of the search. Interruption ends it within a slice. */
export const run = (program: Effect.Effect<unknown, unknown>, settings: Settings): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const loop = eventLoop.make()
    let isOver = false
    let search: Search | undefined
    let steps: ReturnType<Search["run"]> | undefined
    /** The search goes on for a slice. Returns how the waiting fiber goes on, if it is over. */
    const work = (): Effect.Effect<Outcome> | undefined => {
      search ??= new Search(program, settings, microtasks.worksHere())
      steps ??= search.run()
      try {
        if (search.isGuarded) search.guards.install()
        for (const until = loop.now() + slice; ;) {
          const { done, value } = steps.next()
          if (done === true) return Effect.succeed(value)
          // elsewhere the host has to settle promises
          if (!search.settlesAtOnce || loop.now() >= until) return undefined
        }
      } catch (defect) {
        return Effect.die(defect)
      } finally {
        search.guards.restore()
      }
    }
    const turn = (): void => {
      if (isOver) return
      const outcome = work()
      if (outcome === undefined) {
        loop.afterPoll(turn)
        return
      }
      isOver = true
      // the fiber may go on in this very call, and must find the functions of the host as they are
      resume(outcome)
    }
    loop.afterPoll(turn)
    return Effect.sync(() => {
      isOver = true
      steps?.return(undefined as never)
    })
  })
