/**
 * The job that each fiber awaits, for dumps. The code that runs the job describes it, and only when a dump is taken.
 */
import { shared } from "../copies/sharedState.ts"
import type * as Fiber from "effect/Fiber"
import type { AwaitedJob } from "./fiberInfo.ts"

const jobs = shared("fiberJobs/1", () => new WeakMap<Fiber.Fiber<unknown, unknown>, () => AwaitedJob | undefined>())

/** From now on `job` describes the job that `fiber` awaits, until the fiber awaits another one. */
export const attach = (fiber: Fiber.Fiber<unknown, unknown>, job: () => AwaitedJob | undefined): void =>
  void jobs.set(fiber, job)

/** The job that `fiber` awaits; `undefined` if it is over. */
export const of = (fiber: Fiber.Fiber<unknown, unknown>): AwaitedJob | undefined => jobs.get(fiber)?.()
