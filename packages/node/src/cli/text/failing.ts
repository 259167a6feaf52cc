/**
 * The end of a command that failed: one line on standard error and exit code 1, no stack.
 */
import * as Effect from "effect/Effect"
import * as printed from "./printed.ts"

export const failing = <A, E extends { readonly message: string }, R>(
  command: Effect.Effect<A, E, R>
): Effect.Effect<void, never, R> =>
  command.pipe(
    Effect.asVoid,
    Effect.catch((error: E) =>
      Effect.andThen(
        printed.err(`giveway: ${error.message}`),
        Effect.sync(() => void (process.exitCode = 1))
      )
    )
  )
