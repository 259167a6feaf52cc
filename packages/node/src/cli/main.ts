/**
 * The `giveway` command in its process.
 */
import { layer as services } from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFileSync } from "node:fs"
import { giveway } from "./giveway.ts"
import * as completions from "./shell/completions.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import { runMain } from "./shell/runMain.ts"
import * as usage from "./shell/usage.ts"
import * as printed from "./text/printed.ts"

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

// a reader that closes the pipe (`giveway dump | head -1`) ends the program without a word, with the code that it has so far
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit()
})

// the exit code of `giveway doctor` counts, also if nobody reads its report any more
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

const layer = Layer.mergeAll(
  services,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, completions.flag] }),
  CliOutput.layerPresenter(usage.presenter)
)

const names = giveway.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))

const endWith = (code: number): Effect.Effect<void> => Effect.sync(() => void (process.exitCode = code))

Command.runWith(giveway, { version })(usage.withHelp(process.argv.slice(2), names)).pipe(
  Effect.catchIf(
    (error) => CliError.isCliError(error) && error._tag === "ShowHelp",
    ({ errors }) => endWith(errors.length > 0 ? exitCodes.misused : exitCodes.fine)
  ),
  Effect.provide(layer),
  Effect.catchCause((cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : Effect.andThen(
          printed.err(`giveway: this is a defect of giveway, please report it\n${Cause.pretty(cause)}`),
          endWith(exitCodes.defect)
        )
  ),
  runMain()
)
