/**
 * Why `giveway init` writes nothing: the path, the reason, and the thing to do.
 */
import * as Schema from "effect/Schema"

export class CannotInit extends Schema.TaggedError<CannotInit>()("CannotInit", {
  path: Schema.String,
  reason: Schema.String,
  fix: Schema.String
}) {
  override get message(): string {
    return `${this.path} ${this.reason}: ${this.fix}. Nothing was written.`
  }
}
