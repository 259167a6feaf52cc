/**
 * The caller's side of a job, over a runner made for the test.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scheduler } from "effect"
import type { Ending, JobListener, JobRequest } from "../../../src/internal/job/jobMessages.ts"
import * as jobCaller from "../../../src/internal/caller/jobCaller.ts"

const request: JobRequest = { moduleUrl: "file:///none.ts", name: "none", payload: undefined, context: undefined }

/** A runner that keeps its one listener, and notes what it is asked to cancel. */
const runner = () => {
  const cancelled: Array<number> = []
  let listener: JobListener | undefined
  return {
    cancelled,
    settle: (ending: Ending) => listener!.settle(ending),
    submit: (_: JobRequest, given: JobListener) => {
      listener = given
      return 1
    },
    cancel: (job: number) => void cancelled.push(job),
    grant: () => {}
  }
}

/** A scheduler that can be told to make every fiber give way at its next operation. */
class Impatient extends Scheduler.MixedScheduler {
  impatient = false
  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return this.impatient || super.shouldYield(fiber)
  }
}

const exchange = (jobs: ReturnType<typeof runner>) =>
  Effect.withFiber<Ending>((fiber) => jobCaller.exchangeOver(jobs)(request, fiber, Effect.succeed))

it.live("a caller that is interrupted completes when its job is gone, not before", () =>
  Effect.gen(function* () {
    const jobs = runner()
    const fiber = yield* Effect.forkChild(exchange(jobs), { startImmediately: true })
    fiber.interruptUnsafe()
    yield* Effect.sleep(5)
    assert.deepStrictEqual(jobs.cancelled, [1])
    assert.isUndefined(fiber.pollUnsafe())
    jobs.settle({ _tag: "Cancelled" })
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
  })
)

it.live("a caller that is interrupted between its job's end and its own next operation does not wait for ever", () =>
  Effect.gen(function* () {
    const jobs = runner()
    const scheduler = new Impatient()
    const fiber = yield* Effect.forkChild(exchange(jobs), { startImmediately: true }).pipe(
      Effect.provideService(Scheduler.Scheduler, scheduler)
    )
    scheduler.impatient = true
    jobs.settle({ _tag: "Success", value: 1 })
    assert.isUndefined(fiber.pollUnsafe(), "it gives way before it goes on")
    scheduler.impatient = false
    fiber.interruptUnsafe()
    const exit = yield* Fiber.await(fiber).pipe(Effect.timeout(2000))
    assert.isTrue(Exit.hasInterrupts(exit))
    assert.isEmpty(jobs.cancelled)
  })
)
