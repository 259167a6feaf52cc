/**
 * `giveway --completions bash`: Effect's completions, with the files that arguments are.
 *
 * Effect completes files where a flag or an argument is a path for it, and makes that path absolute. Reports name files as they
 * were typed, and the first argument of `giveway doctor` may be a command, so they are text to the parser and paths to the shell.
 */
import * as Completions from "effect/cli/Completions"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as printed from "../text/printed.ts"

const file = { _tag: "Path", pathType: "file" } as const

/** The flags that name a file. */
const fileFlags = new Set(["junit"])

export const withFiles = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: command.flags.map((flag) => (fileFlags.has(flag.name) ? { ...flag, type: file } : flag)),
  arguments: command.arguments.map((argument) => ({ ...argument, type: file })),
  subcommands: command.subcommands.map(withFiles)
})

export const flag: typeof GlobalFlag.Completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag.pipe(
    Flag.withMetavar("shell"),
    Flag.withDescription("Print a script that completes commands, flags and files")
  ),
  run: (shell, { command }) =>
    Option.match(shell, {
      onNone: () => Effect.void,
      onSome: (shell) =>
        printed.out(Completions.generate(command.name, shell, withFiles(Completions.fromCommand(command))))
    })
})
