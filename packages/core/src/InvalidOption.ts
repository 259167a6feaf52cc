/**
 * An option that cannot be, of a layer or of a function. There is one error for all of them, so that one handler serves the
 * whole stack.
 *
 * A layer fails with it. A function that makes or changes an effect dies with it, since it is a mistake in the program. A
 * function that runs outside of any effect throws it, and says so.
 *
 * @module
 */
import * as Data from "effect/Data"
import { shown, thrownText } from "./internal/options/shownValue.ts"

/**
 * Says whose option it is, its name, its value, and the values that it may have. A name that is no option is refused too, with
 * the name that is probably meant.
 *
 * **Example**
 *
 * ```ts
 * import { Compute } from "@giveway/core"
 * import { NodeCompute } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * const program = Compute.statistics.pipe(
 *   Effect.provide(NodeCompute.layer({ maxWorkers: 0 })),
 *   Effect.catchTag("InvalidOption", (error) => Effect.succeed(error.message))
 * )
 * console.log(await Effect.runPromise(program)) // NodeCompute: maxWorkers is 0, but must be a whole number from 1 to 1024
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidOption extends Data.TaggedError("InvalidOption")<{
  /** whose option it is, as in `NodeCompute` */
  readonly of: string
  /** its name, as in `queue.capacity` */
  readonly option: string
  readonly value: unknown
  /** the values that it may have; of a name that is no option, the name that may be meant */
  readonly expected: string
  /** whether there is no option of this name */
  readonly unknown?: true
  /** whether the option could not be read: `value` is the error that its getter, or a Proxy, threw */
  readonly unreadable?: true
}> {
  override get message(): string {
    if (this.unreadable) {
      return `${this.of}: ${this.option} cannot be read, since that throws ${thrownText(this.value)}; it must be ${this.expected}`
    }
    return this.unknown
      ? `${this.of}: ${this.option} is no option; ${this.expected}`
      : `${this.of}: ${this.option} is ${shown(this.value)}, but must be ${this.expected}`
  }
}
