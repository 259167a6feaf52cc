/**
 * The options of `NodeDiagnostics` in the configuration. It stands apart from `serveOptions.ts`, which needs the type
 * of the options, while `NodeDiagnostics` needs this.
 */
import * as platformConfig from "@giveway/core/PlatformConfig"
import * as Config from "effect/Config"

const { optional: optionalConfig } = platformConfig

export const environment = platformConfig.partOf("SERVE", {
  socket: optionalConfig(Config.Boolean("SOCKET")),
  port: optionalConfig(Config.Int("PORT")),
  host: optionalConfig(Config.String("HOST")),
  token: optionalConfig(Config.Redacted("TOKEN")),
  signal: optionalConfig(Config.Boolean("SIGNAL"))
})
