/**
 * Where `Compute.run` was called, kept for the errors of its job: an asynchronous boundary cuts the stack, so whoever
 * reads the error of a worker would not see who asked for the job.
 *
 * Capturing costs about 1 µs; turning it into text is left to the error that needs it.
 */
import type * as References from "effect/References"

/** An error made at the call, whose `stack` V8 formats when it is read. */
export interface CallSite {
  readonly stack?: string | undefined
}

/** Frames that are kept: the two of this package and those of the caller. A guess. */
const frames = 8

export const capture = (): CallSite => {
  const limits = Error as unknown as { stackTraceLimit: number }
  const limit = limits.stackTraceLimit
  limits.stackTraceLimit = frames
  const site = new Error()
  limits.stackTraceLimit = limit
  return site
}

/** Frames of the machinery: Effect's run loop and this package's own. */
const machinery =
  /\/effect\/(?:src|dist)\/|~effect\/|Generator\.next|node:internal|\/core\/(?:src|dist)\/(?:Compute|testing\/|internal\/)|\/node\/(?:src|dist)\/(?:internal|entry)\//

const framesOf = (stack: string | undefined): Array<string> =>
  (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !machinery.test(line))

/** The caller's frames, then the chain of `Effect.fn` names it stood in. */
const callerFrames = (site: CallSite, frame: References.StackFrame | undefined): Array<string> => {
  const lines = framesOf(site.stack)
  for (let depth = 0; frame !== undefined && depth < frames; depth++, frame = frame.parent) {
    const location = /\((.*)\)|at (.*)$/.exec(frame.stack() ?? "")
    const place = location?.[1] ?? location?.[2]
    lines.push(place === undefined ? `    at ${frame.name}` : `    at ${frame.name} (${place})`)
  }
  return lines
}

/** Gives `error` the stack of what happened in the worker (if it left one) and of who asked for it. */
export const attach = <E extends Error>(error: E, site: CallSite, frame: References.StackFrame | undefined): E => {
  const { cause } = error
  const inWorker = cause instanceof Error ? framesOf(cause.stack) : []
  const lines = [
    `${error.name}: ${error.message}`,
    ...inWorker,
    ...(inWorker.length > 0 ? ["    -- above: in the job; below: who ran it --"] : []),
    ...callerFrames(site, frame)
  ]
  Object.defineProperty(error, "stack", { value: lines.join("\n"), writable: true, configurable: true })
  return error
}
