/**
 * The `giveway` command and its subcommands: one file for each beside this one.
 */
import * as Command from "effect/cli/Command"
import { compile } from "./compile.ts"
import { doctor } from "./doctor.ts"
import { dump } from "./dump.ts"
import { init } from "./init.ts"
import { run } from "./run.ts"
import { top } from "./top.ts"

export const giveway = Command.make("giveway").pipe(
  Command.withDescription(
    "Structured concurrency for Effect on Node: async for waiting, threads for working.\n\ngiveway COMMAND --help shows the flags, the exit codes and examples of a command."
  ),
  Command.withSubcommands([init, run, doctor, top, dump, compile]),
  Command.withExamples([
    { command: "giveway init", description: "A first service in this folder" },
    { command: "giveway run src/main.ts", description: "A program with the compiler's hook" },
    { command: "giveway doctor -- npx vitest run", description: "Tests that fail where the event loop is held" },
    { command: "giveway help doctor", description: "The help of a command, as giveway doctor --help" }
  ])
)
