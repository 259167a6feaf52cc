/**
 * The help of the command, and its words about a wrong call: a line that names the wrong part and says what to change, on
 * standard error, so that a script that reads standard output gets nothing but what it asked for.
 *
 * In place of the presenter of Effect's cli module, which prints the whole help before an error, and lines without an end.
 *
 * Decision 0129.
 */
import { safeLine } from "@giveway/core/Sysmon"
import type * as CliError from "effect/cli/CliError"
import type * as CliOutput from "effect/cli/CliOutput"
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as printed from "../text/printed.ts"
import { paint } from "../text/colours.ts"
import { aside, columnsOf, wrapped } from "../text/paragraphs.ts"
import * as exitCodes from "./exitCodes.ts"

type Rows = ReadonlyArray<readonly [left: string, right: string]>

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", paint("bold", title, process.stdout), ...lines]

const typeOf = (type: string): string => (type === "boolean" ? "" : ` ${type.replace(/^<|>$/g, "")}`)

const flagRows = (flags: ReadonlyArray<FlagDoc>): Rows =>
  flags.map(({ aliases, description, name, type }) => [
    `${[`--${name}`, ...aliases].join(", ")}${typeOf(type)}`,
    Option.getOrElse(description, () => "")
  ])

const helpOf = (doc: HelpDoc, path: ReadonlyArray<string>): string => {
  const columns = columnsOf(process.stdout)
  const rows = (rows: Rows): ReadonlyArray<string> => aside(rows, columns)
  const command = path.length > 1 ? path.at(-1)! : undefined
  const subcommands = doc.subcommands?.flatMap(({ commands }) => commands) ?? []
  return [
    ...doc.description
      .split("\n\n")
      .flatMap((text, index) => [...(index === 0 ? [] : [""]), ...wrapped(text, columns)]),
    ...section("Usage", [`  ${doc.usage}`]),
    ...section(
      "Commands",
      rows(subcommands.map(({ description, name, shortDescription }) => [name, shortDescription ?? description]))
    ),
    ...section(
      "Arguments",
      rows(
        (doc.args ?? []).map(({ description, name, required, variadic }) => [
          `${name}${variadic ? "..." : ""}`,
          `${Option.getOrElse(description, () => "")}${required ? "" : " (optional)"}`
        ])
      )
    ),
    ...section("Flags", rows(flagRows(command === undefined ? (doc.globalFlags ?? []) : doc.flags))),
    ...section("Exit codes", command === undefined ? [] : rows(exitCodes.of(command))),
    ...section("Examples", rows((doc.examples ?? []).map(({ command, description = "" }) => [command, description])))
  ].join("\n")
}

const quoted = (names: ReadonlyArray<string>): string => names.join(" or ")

/** The commands that run a program, whose flags a person may mean. */
const runsPrograms = new Set(["doctor", "run"])

/** The wrong part, and the fix. */
const faultOf = (error: CliError.CliError, doc: HelpDoc, command: string | undefined): string => {
  switch (error._tag) {
    case "UnrecognizedOption": {
      const { option, suggestions } = error
      if (suggestions.length > 0) return `there is no flag ${option}: did you mean ${quoted(suggestions)}?`
      return command !== undefined && runsPrograms.has(command)
        ? `there is no flag ${option}: if it is a flag of the program, put -- before it`
        : `there is no flag ${option}`
    }
    case "UnknownSubcommand": {
      const { subcommand, suggestions } = error
      const all = doc.subcommands?.flatMap(({ commands }) => commands.map(({ name }) => name)) ?? []
      return suggestions.length > 0
        ? `there is no command ${subcommand}: did you mean ${quoted(suggestions)}?`
        : /\.[cm]?[jt]sx?$/.test(subcommand)
          ? `there is no command ${subcommand}: to run a program, type giveway run ${subcommand}`
          : `there is no command ${subcommand}: the commands are ${all.join(", ")}`
    }
    case "MissingArgument":
      return `the argument <${error.argument}> is missing`
    case "MissingOption":
      return `the flag --${error.option} is missing`
    case "UnexpectedArgument":
      return `${error.arguments.join(" ")} is one argument too many`
    case "InvalidValue":
      // the filters of our own flags say it all
      if (error.expected.startsWith("--")) return error.expected
      return error.value === ""
        ? `--${error.option} has no value: give it a ${error.expected}`
        : `--${error.option} is "${error.value}": ${error.expected}`
    default:
      return error.message
  }
}

/** What is wrong with a call, a line each, and where to read on. */
const objectionTo = (
  errors: ReadonlyArray<CliError.CliError>,
  doc: HelpDoc,
  path: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const name = path.join(" ")
  const command = path.length > 1 ? path.at(-1) : undefined
  const isAboutFlags = errors.some(({ _tag }) => _tag === "UnrecognizedOption")
  const examples = doc.examples ?? []
  const example =
    (isAboutFlags ? examples.find(({ command }) => command.includes(" -- ")) : undefined) ?? examples.at(0)
  return [
    ...errors.map((error) => safeLine(`${name}: ${faultOf(error, doc, command)}`)),
    ...(example === undefined ? [] : [`example: ${example.command}`]),
    `help: ${name} --help`
  ]
}

export const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return printed.out(helpOf(event.helpDoc, event.commandPath))
      case "InvalidInvocation":
        return Effect.forEach(objectionTo(event.errors, event.helpDoc, event.commandPath), printed.err, {
          discard: true
        })
      case "Version":
        return printed.out(event.version)
    }
  }
}

/** `giveway help`, `giveway help doctor` are `giveway --help`, `giveway doctor --help`. A command that there is not is told so. */
export const withHelp = (args: ReadonlyArray<string>, commands: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, command] = args
  if (first !== "help") return args
  if (command === undefined) return ["--help"]
  return commands.includes(command) ? [command, "--help"] : [command]
}
