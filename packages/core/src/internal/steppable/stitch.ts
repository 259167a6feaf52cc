/**
 * Mends the stack of an error that is thrown after a resume. The callers of the resumed function left the stack when the
 * activation gave way. Stitching writes them back where a plain stack has them, between the resumed function and the driver.
 *
 * A suspension captures nothing. A waiting frame knows the number of its yield point, and the compiler has written down
 * where in the source each yield point is. That is looked up when an error passes, so it costs nothing until then.
 *
 * **Left alone** are values that are no genuine errors, errors whose stack cannot be written, and errors with a stack of
 * their own that does not show the driver. Each error is stitched once, when it leaves the first resumed frame.
 *
 * Rejected: `new Error` at each suspension (microseconds each, and generated positions).
 */
import { shared } from "../copies/sharedState.ts"

/** A function as the compiler knows it: its file, its name, and `point:line:column` of each of its calls. */
export type Trace = readonly [file: string, name: string, points: string]

/** The part of a frame that says where its call stands. */
export interface Waiting {
  readonly trace?: Trace | undefined
  readonly point?: unknown
}

/** The method of the driver that resumes frames, in its class; `activation.ts` names it. */
const driver = /^ {4}at (?:\S+\.)?settleFrames \(/
/** The lines of a stack that belong to the resume of a generator. */
const innards = /^ {4}at (?:\S+\.)?(?:(?:next|throw|return) \(<anonymous>\)|passed \(|resume \()/
const isCall = (line: string): boolean => line.startsWith("    at ")

const isError: (value: unknown) => value is Error =
  (Error as { readonly isError?: (value: unknown) => value is Error }).isError ??
  ((value: unknown): value is Error => value instanceof Error)

/** The getter by which V8 shows a captured stack, where `stack` is no plain property. */
const captured = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get

const isWritable = (error: Error): boolean => {
  const own = Object.getOwnPropertyDescriptor(error, "stack")
  if (own === undefined || own.configurable !== true) return false
  return captured === undefined ? own.writable === true : own.get === captured
}

const lineOf = ({ point, trace }: Waiting): string | undefined => {
  if (trace === undefined) return undefined
  const [file, name, points] = trace
  const position = new RegExp(`(?:^| )${String(point)}:(\\d+:\\d+)`).exec(points)?.[1]
  return position === undefined ? undefined : `    at ${name} (${file}:${position})`
}

const stitched = shared("stitched/1", () => new WeakSet<object>())

/** Writes the callers into the stack of `error`, which has just left a resumed frame. `callers`: innermost last. */
export const stitch = (error: unknown, callers: ReadonlyArray<Waiting>): void => {
  if (!isError(error) || stitched.has(error)) return
  stitched.add(error)
  try {
    write(error, callers)
  } catch {
    // a program may have replaced the methods used here: that is no reason to lose its error
  }
}

const write = (error: Error, callers: ReadonlyArray<Waiting>): void => {
  const { stackTraceLimit: limit } = Error as { readonly stackTraceLimit?: unknown }
  if (!isWritable(error) || typeof error.stack !== "string" || typeof limit !== "number") return
  const lines = error.stack.split("\n")
  const end = lines.findIndex((line) => driver.test(line))
  if (end === -1) return
  let start = end
  while (start > 0 && isCall(lines[start - 1]!)) start--
  const calls = lines.slice(start, end)
  while (calls.length > 0 && innards.test(calls[calls.length - 1]!)) calls.pop()
  for (let at = callers.length - 1; at >= 0 && calls.length < limit; at--) {
    const line = lineOf(callers[at]!)
    if (line !== undefined) calls.push(line)
  }
  error.stack = [...lines.slice(0, start), ...calls, ...lines.slice(end, end + limit - calls.length)].join("\n")
}
