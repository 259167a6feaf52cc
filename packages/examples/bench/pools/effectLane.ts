/**
 * The lane of a pool of Effect: one fiber.
 */
import * as Effect from "effect/Effect"
import type { Job } from "./contestant.ts"

export const effectLane = <E, R>(run: (job: Job) => Effect.Effect<unknown, E, R>) =>
  Effect.fnUntraced(function* (next: () => Job | undefined, done: (result: unknown) => void) {
    for (let job = next(); job !== undefined; job = next()) done(yield* run(job))
  })
