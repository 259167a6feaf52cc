/**
 * The options of `NodeDiagnostics`, checked, and completed with their defaults.
 */
import { InvalidOption } from "@giveway/core/InvalidOption"
import { options as readers } from "@giveway/core/platform/Start"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Options } from "../NodeDiagnostics.ts"
import { isLoopback } from "./http/loopback.ts"

/** How a process is served. */
export interface Served {
  readonly socket: boolean
  readonly port: { readonly port: number; readonly host: string } | undefined
  readonly token: string | undefined
  readonly signal: boolean
}

const leastToken = 16

const { accepting, boolean, optional, or, text, wholeNumber } = readers

const readFields = readers.fields({
  socket: or(boolean, false),
  port: optional(wholeNumber(0, 65_535)),
  host: or(text, "127.0.0.1"),
  token: optional(accepting<string | Redacted.Redacted>("a string", isToken)),
  signal: or(boolean, false)
} satisfies readers.Readers<Options>)

function isToken(value: unknown): boolean {
  return typeof (Redacted.isRedacted(value) ? Redacted.value(value) : value) === "string"
}

/** Errors do not show the token. */
export const reader: readers.Reader<Served> = (value, of, option) =>
  Result.flatMap(readFields(value, of, option), ({ host, port, signal, socket, token: given }) => {
    const token = Redacted.isRedacted(given) ? Redacted.value(given) : given
    const refuse = (value: unknown, expected: string) =>
      Result.fail(new InvalidOption({ of, option: `${option}.token`, value, expected }))
    if (token !== undefined && token.length < leastToken) {
      const hidden = Redacted.make(token, { label: `${token.length} characters` })
      return refuse(hidden, `${leastToken} characters or more, chosen at random`)
    }
    if (port !== undefined && token === undefined && !isLoopback(host)) {
      return refuse(undefined, `set when host is ${host}, which others can reach`)
    }
    return Result.succeed({
      socket: socket && process.platform !== "win32",
      port: port === undefined ? undefined : { port, host },
      token,
      signal
    })
  })
