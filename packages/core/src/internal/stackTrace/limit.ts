/**
 * Properties of `Error` that say how V8 makes stacks. A program may have made them read-only: `--frozen-intrinsics` does, and
 * an assignment then throws. A stack is worth no error, so it is made as the program has it.
 */

/** V8's additions to `Error`. */
export interface V8Error {
  readonly stackTraceLimit?: unknown
  readonly prepareStackTrace?: unknown
}

/** Sets a property of `Error`, or leaves it as it is. A call costs some 20 ns. */
export const set = (name: keyof V8Error, value: unknown): void => void Reflect.set(Error, name, value)
