/**
 * Stacks of errors that are thrown after a resume, stitched: the callers, which were left when the activation gave way,
 * stand where they stand in a plain stack, between the resumed function and the driver.
 *
 * Nothing is captured at a suspension. A waiting frame knows the number of its yield point, and the compiler has written
 * down where in the source each of them is; that is looked up when an error passes, so it costs nothing until then.
 *
 * **What is left alone**: whatever is no genuine error, and errors whose stack cannot be written or was replaced by
 * something that does not show the driver. Each error is stitched once, when it leaves the first resumed frame.
 *
 * Rejected: `new Error` at each suspension (microseconds each, and generated positions).
 */

/** What the compiler knows of a function: its file, its name, and `point:line:column` of each of its calls. */
export type Trace = readonly [file: string, name: string, points: string]

/** A frame, as far as it says where its call stands. */
export interface Waiting {
  readonly trace?: Trace | undefined
  readonly point?: unknown
}

/** The method of the driver that resumes frames, in its class; `activation.ts` names it. */
const driver = /^ {4}at (?:\S+\.)?settleFrames \(/
/** How it resumes a generator. */
const innards = /^ {4}at (?:\S+\.)?(?:(?:next|throw|return) \(<anonymous>\)|passed \(|resume \()/
const isPlace = (line: string): boolean => line.startsWith("    at ")

const isError: (value: unknown) => value is Error =
  (Error as { readonly isError?: (value: unknown) => value is Error }).isError ??
  ((value: unknown): value is Error => value instanceof Error)

/** How V8 reads the stack that it captured, where that is no plain property. */
const captured = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get

const isWritable = (error: Error): boolean => {
  const own = Object.getOwnPropertyDescriptor(error, "stack")
  if (own === undefined || own.configurable !== true) return false
  return captured === undefined ? own.writable === true : own.get === captured
}

const lineOf = ({ point, trace }: Waiting): string | undefined => {
  if (trace === undefined) return undefined
  const [file, name, points] = trace
  const place = new RegExp(`(?:^| )${String(point)}:(\\d+:\\d+)`).exec(points)?.[1]
  return place === undefined ? undefined : `    at ${name} (${file}:${place})`
}

const stitched = new WeakSet<object>()

/** Writes the callers into the stack of `error`, which has just left a resumed frame. `callers`: innermost last. */
export const stitch = (error: unknown, callers: ReadonlyArray<Waiting>): void => {
  if (!isError(error) || stitched.has(error)) return
  stitched.add(error)
  try {
    write(error, callers)
  } catch {
    // what a program has done to the methods used here is no reason to lose its error
  }
}

const write = (error: Error, callers: ReadonlyArray<Waiting>): void => {
  const { stackTraceLimit: limit } = Error as { readonly stackTraceLimit?: unknown }
  if (!isWritable(error) || typeof error.stack !== "string" || typeof limit !== "number") return
  const lines = error.stack.split("\n")
  const end = lines.findIndex((line) => driver.test(line))
  if (end === -1) return
  let start = end
  while (start > 0 && isPlace(lines[start - 1]!)) start--
  const places = lines.slice(start, end)
  while (places.length > 0 && innards.test(places[places.length - 1]!)) places.pop()
  for (let at = callers.length - 1; at >= 0 && places.length < limit; at--) {
    const line = lineOf(callers[at]!)
    if (line !== undefined) places.push(line)
  }
  error.stack = [...lines.slice(0, start), ...places, ...lines.slice(end, end + limit - places.length)].join("\n")
}
