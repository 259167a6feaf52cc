/**
 * An option of one of the layers makes no sense. One error for all of them, so that one handler serves the whole stack.
 */
import * as Schema from "effect/Schema"

/**
 * Says which layer, which option, what it was and what it must be.
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
 * console.log(await Effect.runPromise(program)) // NodeCompute: maxWorkers is 0, but must be a whole number from 1
 * ```
 *
 * @category errors
 */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  /** whose option it is, as in `NodeCompute` */
  of: Schema.String,
  /** its name, as in `queue.capacity` */
  option: Schema.String,
  value: Schema.Unknown,
  /** what it must be */
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.of}: ${this.option} is ${String(this.value)}, but must be ${this.expected}`
  }
}
