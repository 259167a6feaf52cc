/**
 * The options of `FairScheduler.layerConfig`.
 */
import * as Config from "effect/Config"
import * as environment from "../options/environment.ts"
import type { Options } from "./schedulerOptions.ts"

const fromConfiguration: environment.Environment<Options> = environment.partOf("SCHEDULER", {
  turn: environment.optional(Config.Duration("TURN")),
  slice: environment.optional(Config.Duration("SLICE"))
})

/** The options that are given, and the rest from the configuration. */
export const options = (given: Config.Wrap<Options | undefined> | undefined): Config.Config<Options> =>
  environment.combined<Options>(given, fromConfiguration)
