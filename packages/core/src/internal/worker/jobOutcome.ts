/**
 * A handler's exit as the outcome that crosses to its caller.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as issueText from "../job/issueText.ts"
import type { Outcome } from "../job/jobMessages.ts"
import * as transferring from "../job/transferring.ts"
import { pack } from "../job/transport.ts"
import type * as wireCodec from "../job/wireCodec.ts"

/** The handler's exit, encoded. Of several reasons one counts, as in `Cause.squash`: failure, defect, interruption. */
export const outcomeOf = (
  codec: Pick<wireCodec.TaskCodec, "encodeSuccess" | "encodeError">,
  handled: Effect.Effect<unknown, unknown>
): Effect.Effect<Outcome> =>
  Effect.matchCauseEffect(handled, {
    onSuccess: (value) =>
      encoded(codec.encodeSuccess(value), "success", value, (value): Outcome => ({ _tag: "Success", value })),
    onFailure: (cause) => {
      const failure = cause.reasons.find(Cause.isFailReason)
      if (failure !== undefined) {
        return encoded(codec.encodeError(failure.error), "error", failure.error, (error): Outcome => ({
          _tag: "Failure",
          error
        }))
      }
      return Effect.succeed<Outcome>({ _tag: "JobDied", cause: pack(Cause.squash(cause)) })
    }
  })

const encoded = (
  encoding: Effect.Effect<unknown, Schema.SchemaError>,
  channel: "success" | "error",
  value: unknown,
  onSuccess: (value: unknown) => Outcome
): Effect.Effect<Outcome> => {
  const onFailure = (error: Schema.SchemaError): Outcome => ({
    _tag: "ResultInvalid",
    channel,
    issue: issueText.of(error, value)
  })
  if (Exit.isExit(encoding)) return Effect.match(encoding, { onSuccess, onFailure })
  const moving: transferring.Moving = new Set()
  return Effect.match(transferring.into(moving, encoding), {
    onSuccess: (value) => transferring.listed(onSuccess(value), moving),
    onFailure
  })
}
