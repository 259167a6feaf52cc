/**
 * What the configuration says of the options of `NodeDiagnostics`. It stands apart from `serveOptions.ts`, which needs the type
 * of the options, while `NodeDiagnostics` needs this.
 */
import { options as readers } from "@giveway/core/Platform"
import * as Config from "effect/Config"

const { optionalConfig } = readers

export const environment = readers.partOf("SERVE", {
  socket: optionalConfig(Config.Boolean("SOCKET")),
  port: optionalConfig(Config.Int("PORT")),
  host: optionalConfig(Config.String("HOST")),
  token: optionalConfig(Config.Redacted("TOKEN")),
  signal: optionalConfig(Config.Boolean("SIGNAL"))
})
