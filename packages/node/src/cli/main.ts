/**
 * The `giveway` command: one file per subcommand beside this one.
 */
import { layer as services } from "@effect/platform-node/NodeServices"
import { runMain } from "@effect/platform-node/NodeRuntime"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { compile } from "./compile.ts"
import { doctor } from "./doctor.ts"
import { dump } from "./dump.ts"
import { init } from "./init.ts"
import { run } from "./run.ts"
import { top } from "./top.ts"

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

const giveway = Command.make("giveway").pipe(
  Command.withDescription("Structured concurrency for Effect on Node: async for waiting, threads for working"),
  Command.withSubcommands([compile, doctor, dump, init, run, top])
)

// a reader that closes the pipe (`giveway compile x.ts --code | head`) ends the program without an error
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit()
})

// the exit code of `giveway doctor` counts, also if nobody reads its report any more
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

Command.run(giveway, { version }).pipe(Effect.provide(services), runMain())
