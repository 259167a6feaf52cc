/**
 * The worker's end of the port to main, out of reach of the jobs.
 *
 * It is no `parentPort`: any module can listen to that, close it, or send on it. This port is known to the files of the worker's
 * loop alone. Its methods are its own properties, so a job that replaces those of `MessagePort` neither changes them nor is
 * handed the port by them.
 */
import { MessagePort } from "node:worker_threads"

/** Keeps the methods that the port has now. */
export const own = (port: MessagePort): MessagePort => {
  for (const name of ["postMessage", "on", "ref", "unref", "close", "start"] as const) {
    Object.defineProperty(port, name, { value: MessagePort.prototype[name] })
  }
  return port
}
