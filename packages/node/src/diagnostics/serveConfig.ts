/**
 * The options of `NodeDiagnostics` in the configuration. It stands apart from `serveOptions.ts`, which needs the type
 * of the options, while `NodeDiagnostics` needs this.
 */
import { configuration } from "@giveway/core/Platform"
import * as Config from "effect/Config"

const { optional: optionalConfig } = configuration

export const environment = configuration.partOf("SERVE", {
  socket: optionalConfig(Config.Boolean("SOCKET")),
  port: optionalConfig(Config.Int("PORT")),
  host: optionalConfig(Config.String("HOST")),
  token: optionalConfig(Config.Redacted("TOKEN")),
  signal: optionalConfig(Config.Boolean("SIGNAL"))
})
