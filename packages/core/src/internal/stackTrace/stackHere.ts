/**
 * The stack of the caller as V8 prints it, even if the program prints stacks in a way of its own. Long frames are cut: a function may
 * have any name, and a module may be a `data:` URL.
 */
import * as cut from "../safeText/cut.ts"
import type { V8Error } from "./limit.ts"
import * as limit from "./limit.ts"
import { textOf } from "./stackText.ts"

/** Deep enough to reach out of a recursive function into its caller. A guess. */
const stackDepth = 64

/** The caller's stack. Takes some 20 to 50 µs. */
export const stackHere = (): string => {
  const { prepareStackTrace, stackTraceLimit } = Error as V8Error
  limit.set("stackTraceLimit", stackDepth)
  // a program's own way to print stacks may return anything; Node's source maps work without it
  limit.set("prepareStackTrace", undefined)
  try {
    return cut.stack(textOf(new Error("held")) ?? "", stackDepth)
  } finally {
    limit.set("prepareStackTrace", prepareStackTrace)
    if (stackTraceLimit === undefined) Reflect.deleteProperty(Error, "stackTraceLimit")
    else limit.set("stackTraceLimit", stackTraceLimit)
  }
}
