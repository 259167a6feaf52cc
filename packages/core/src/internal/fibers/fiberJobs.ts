/**
 * Which job a fiber awaits, for dumps: asked when someone looks, of the runner that has it.
 */
import type * as Fiber from "effect/Fiber"
import type { Awaited } from "../../FiberDump.ts"

export type AwaitedJob = NonNullable<Awaited["job"]>

const jobs = new WeakMap<Fiber.Fiber<unknown, unknown>, () => AwaitedJob | undefined>()

/** Says what becomes of the job that `fiber` awaits from now on, until it awaits another. */
export const attach = (fiber: Fiber.Fiber<unknown, unknown>, job: () => AwaitedJob | undefined): void =>
  void jobs.set(fiber, job)

/** The job that `fiber` awaits; `undefined` if it is over. */
export const of = (fiber: Fiber.Fiber<unknown, unknown>): AwaitedJob | undefined => jobs.get(fiber)?.()
