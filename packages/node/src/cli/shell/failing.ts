/**
 * The end of a command that failed: one line on standard error and an exit code, no stack.
 */
import * as Effect from "effect/Effect"
import * as exitCodes from "./exitCodes.ts"
import * as printed from "../text/printed.ts"

export const failing = <A, E extends { readonly message: string }, R>(
  command: Effect.Effect<A, E, R>
): Effect.Effect<void, never, R> =>
  command.pipe(
    Effect.asVoid,
    Effect.catch((error: E) =>
      Effect.andThen(
        printed.err(`giveway: ${error.message}`),
        Effect.sync(() => void (process.exitCode = exitCodes.found))
      )
    )
  )
