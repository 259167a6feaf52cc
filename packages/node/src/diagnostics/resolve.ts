/**
 * The options of `NodeDiagnostics`, checked, and completed with their defaults.
 */
import { InvalidOption } from "@giveway/core/InvalidOption"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Options } from "../NodeDiagnostics.ts"
import * as access from "./access.ts"

const invalid = (option: string, value: unknown, expected: string): Effect.Effect<never, InvalidOption> =>
  Effect.fail(new InvalidOption({ of: "NodeDiagnostics", option, value, expected }))

const leastToken = 16

interface Resolved {
  readonly socket: boolean
  readonly port: { readonly port: number; readonly host: string } | undefined
  readonly token: string | undefined
  readonly signal: boolean
}

export const resolve = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Resolved, InvalidOption> {
  const { port, signal = false, socket = false } = options
  const host = options.host ?? "127.0.0.1"
  const token = Redacted.isRedacted(options.token) ? Redacted.value(options.token) : options.token
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return yield* invalid("port", port, "a whole number from 0 to 65535")
  }
  if (token !== undefined && token.length < leastToken) {
    return yield* invalid("token", `${token.length} characters`, `${leastToken} characters or more, chosen at random`)
  }
  if (port !== undefined && token === undefined && !access.isLoopback(host)) {
    return yield* invalid("token", undefined, `set when host is ${host}, which others can reach`)
  }
  return {
    socket: socket && process.platform !== "win32",
    port: port === undefined ? undefined : { port, host },
    token,
    signal
  }
})
