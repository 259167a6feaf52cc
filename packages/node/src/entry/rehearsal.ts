/**
 * A job of the worker's own, which it runs before the first job of a caller.
 *
 * To load a module runs little of it: V8 compiles a function when it is called first, and Effect compiles a schema when it
 * is used first. That makes the first job of a new worker some 3 ms late; a worker that replaces one that
 * was killed gets its first job at once. So before it says that it is ready, it takes an empty job from a ring of its own,
 * runs it, and answers it.
 */
import type { JobRequest, Outcome } from "@giveway/core/PlatformWorker"
import type * as Task from "@giveway/core/Task"
import * as Schema from "effect/Schema"
import { SentJobs } from "../wire/sentJobs.ts"
import { Desk } from "./desk.ts"

const moduleUrl = import.meta.url

const task: Task.Definition = {
  moduleUrl,
  name: "rehearsal",
  payload: Schema.Struct({ count: Schema.Int, text: Schema.String }),
  success: Schema.Void,
  error: Schema.Never,
  layer: undefined,
  handler: () => undefined
}

const request: JobRequest = {
  moduleUrl,
  name: task.name,
  payload: { count: 1, text: "" },
  context: undefined
}

/** `run` runs the request as it will run those of callers, but with its task given. */
export const rehearse = async (
  run: (request: JobRequest, task: Task.Definition) => Promise<Outcome>
): Promise<void> => {
  const sent = new SentJobs({ wake: () => undefined, post: () => undefined })
  const desk = new Desk(sent.ring.buffer, 0, () => undefined)
  sent.put(1, request)
  desk.openTurn()
  const running = desk.next()!
  desk.answer(running, await run(running.request, task))
  sent.collect(1, () => undefined)
}
