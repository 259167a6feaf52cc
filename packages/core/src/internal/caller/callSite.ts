/**
 * Where `Compute.run` was called, kept for the errors of its job. An asynchronous boundary cuts the stack, so the error of
 * a worker would not show the code that asked for the job.
 *
 * Capturing costs up to 5 µs, more than all the rest of a short job on its caller's thread. So it is rationed: up to five
 * per millisecond, 2 % of a thread. A call beyond that gets an error that says so instead. A stack becomes text only in an
 * error that is made. The chain of `Effect.fn` names around the caller is not repeated here: Effect prints it below the
 * error of a cause, always.
 *
 * Rejected: fewer frames (each costs the same, and one is of no use); one stack for all calls of a task (it would be a
 * wrong one).
 *
 * Decision 0029.
 */
import type { V8Error } from "../stackTrace/limit.ts"
import * as limit from "../stackTrace/limit.ts"
import { textOf } from "../stackTrace/stackText.ts"

/** An error made at the call, whose `stack` V8 formats when it is read. */
export interface CallSite {
  readonly stack?: string | undefined
}

/** Frames that are kept: the two of this package and some of the caller's. */
const frames = 8

/** Stacks that may be captured in one go, and per millisecond. A guess: a burst of a service's requests, and the 2 %. */
const burst = 256
const perMs = 5

/** The site of a call that came too soon. */
const unnoted: CallSite = { stack: undefined }

let credit = burst
let creditedAt = -Infinity

/** Whether there is credit for a stack. Reads the clock only when the last credit is used up. */
const mayCapture = (): boolean => {
  if (credit < 1) {
    const now = performance.now()
    credit = Math.min(burst, (now - creditedAt) * perMs)
    if (credit < 1) return false
    creditedAt = now
  }
  credit--
  return true
}

export const capture = (): CallSite => {
  if (!mayCapture()) return unnoted
  const { stackTraceLimit: before } = Error as V8Error
  limit.set("stackTraceLimit", frames)
  const site = new Error()
  limit.set("stackTraceLimit", before)
  return site
}

/** Whether there was credit for the stack of this call. */
export const isNoted = (site: CallSite): boolean => site !== unnoted

/**
 * Where this package's modules are, as stack frames name them. In a bundle they are in one file with the program's, and in one of
 * CommonJS there is no `import.meta.url`: then no frame is known as the package's own.
 */
const here = /^file:\/\/(.*\/(?:src|dist)\/)internal\/caller\/callSite\.[jt]s$/.exec(
  (import.meta.url as string | undefined) ?? ""
)?.[1]
/** And as source maps name them. */
const sources = here?.replace(/\/dist\/$/, "/src/")

/** Frames of the machinery: Effect's run loop and this package's own. */
const isMachinery = (line: string): boolean =>
  (here !== undefined && line.includes(here)) ||
  (sources !== undefined && line.includes(sources)) ||
  /node_modules\/effect\/|~effect\/|Generator\.next|node:internal/.test(line)

/** The frames of the code that was called last before the machinery: below it is only the run loop. */
const framesOf = (error: CallSite): Array<string> => {
  const lines = (textOf(error) ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  const first = lines.findIndex((line) => !isMachinery(line))
  if (first < 0) return []
  const last = lines.findIndex((line, index) => index > first && isMachinery(line))
  return lines.slice(first, last < 0 ? undefined : last)
}

/** Gives `error` the stack of the fault in the worker, if it left one, and below it that of the call. */
export const attach = <E extends Error>(error: E, site: CallSite): E => {
  const { cause } = error
  const inWorker = cause instanceof Error ? framesOf(cause) : []
  const above = inWorker.length > 0 ? "above: in the job; " : ""
  const lines = [
    `${error.name}: ${error.message}`,
    ...inWorker,
    ...(site === unnoted
      ? [`    -- ${above}the call was not noted: more than ${perMs} calls a millisecond --`]
      : inWorker.length > 0
        ? [`    -- ${above}below: the call --`]
        : []),
    ...framesOf(site)
  ]
  replaceStack(error, lines)
  // the error may be of a service that the program made, and hold itself
  const seen = new Set<unknown>([error])
  for (let below: unknown = cause; below instanceof Error && !seen.has(below); below = below.cause) {
    seen.add(below)
    const frames = framesOf(below)
    if (frames.length > 0) replaceStack(below, [`${below.name}: ${below.message}`, ...frames])
  }
  return error
}

const replaceStack = (error: Error, lines: ReadonlyArray<string>): void => {
  // a frozen one keeps its own
  Reflect.defineProperty(error, "stack", { value: lines.join("\n"), writable: true, configurable: true })
}
