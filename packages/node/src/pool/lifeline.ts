/**
 * How main learns that a worker's code has stopped, before the thread has ended.
 *
 * Each worker holds one end of a channel. Node closes that end when it takes the worker's environment down: after V8 has been
 * forbidden to run JavaScript there, and after the workers that this one started have ended. Until the thread's `exit` it
 * still frees its heap, which takes some milliseconds, and waits for the work that it began in libuv's thread pool, however
 * long that takes.
 *
 * **Invariant**: `onStopped` is called at most once, and then no JavaScript of that worker runs any more, nor a native call
 * made by it. It may come after the thread's `exit`: both are events of one pass of main's loop.
 *
 * Decision 0082 has the evidence.
 */
import type { MessagePort } from "node:worker_threads"
import { MessageChannel } from "node:worker_threads"

/** Returns the end for the worker to hold. The other end keeps no process alive. */
export const make = (onStopped: () => void): MessagePort => {
  const { port1, port2 } = new MessageChannel()
  port1.once("close", onStopped)
  port1.unref()
  return port2
}
