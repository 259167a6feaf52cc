/**
 * A job of the worker's own, before the first that somebody waits for.
 *
 * Modules that are loaded have not run yet: V8 reads a function's code when it is called first, and Effect compiles a
 * schema when it is used first. That makes the first job of a new worker some 3 ms late; a worker that replaces one that
 * was killed gets its first job at once. So it takes an empty job from an inbox that nobody else sees, runs it, and answers
 * it, before it says that it is ready.
 */
import type { JobRequest, Outcome } from "@giveway/core/Platform"
import type * as Task from "@giveway/core/Task"
import * as Schema from "effect/Schema"
import { Inbox } from "../wire/inbox.ts"
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

/** `run` runs a job as it will run those that come, its task being given. */
export const rehearse = async (
  run: (request: JobRequest, task: Task.Definition) => Promise<Outcome>
): Promise<void> => {
  const inbox = new Inbox({ wake: () => undefined, post: () => undefined })
  const desk = new Desk(inbox.ring.buffer, 0, () => undefined)
  inbox.put(1, request)
  desk.openTurn()
  const next = desk.next()!
  desk.answer(next.job, await run(next.request, task), desk.now, false)
  inbox.collect(1, () => undefined)
}
