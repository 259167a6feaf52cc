/**
 * An expression that another thread or process evaluates for us, as the inspector's protocol puts it: `Runtime.evaluate`,
 * which V8 carries out between two statements of any code that runs, also of an endless loop, but never inside a native call.
 *
 * Never used: the protocol's `Debugger` domain. It makes every `await` of the other thread 8 times slower for as long as it
 * is enabled.
 */
import type { Runtime } from "node:inspector"

export const method = "Runtime.evaluate"

/** The parameters. The value comes back as a copy, so it must be plain data. */
export const parametersOf = (expression: string): Runtime.EvaluateParameterType => ({ expression, returnByValue: true })
