/**
 * Evaluates an expression on the process's main thread, from another thread of the process, also while the main thread is
 * stuck in a loop.
 *
 * **Invariant.** A session is opened for one question and closed by its reply, so nothing stays connected to the main thread.
 */
import { Session } from "node:inspector"
import { method, parametersOf } from "./evaluation.ts"

/**
 * Calls `done` with the string that `expression` evaluates to, or with `undefined` if it is no string or throws, or if no session
 * can be opened, which permissions may forbid. While the main thread is in a native call, that takes as long as the call.
 * `done` is never called at once.
 */
export const evaluate = (expression: string, done: (text: string | undefined) => void): void => {
  const session = new Session()
  try {
    session.connectToMainThread()
  } catch {
    setImmediate(done, undefined)
    return
  }
  session.post(method, parametersOf(expression), (error, reply) => {
    session.disconnect()
    const value: unknown = error === null ? reply.result.value : undefined
    done(typeof value === "string" ? value : undefined)
  })
}
