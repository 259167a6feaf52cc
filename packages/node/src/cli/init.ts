/**
 * `giveway init`: a service that runs at once, with a task, a pure function, supervision and tests, in an empty folder or in a package
 * that is there.
 *
 * In a terminal it asks about each thing that is there and would be another. Elsewhere it leaves them alone, and says so. It writes
 * everything or nothing.
 *
 * Decision 0128.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as ask from "./init/ask.ts"
import { CannotInit } from "./init/cannotInit.ts"
import * as packageJson from "./init/packageJson.ts"
import * as plan from "./init/plan.ts"
import * as report from "./init/report.ts"
import * as template from "./init/template.ts"
import * as write from "./init/write.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import { failing } from "./shell/failing.ts"
import * as printed from "./text/printed.ts"

const flags = {
  yes: Flag.Boolean("yes").pipe(
    Flag.withAlias("y"),
    Flag.withDefault(false),
    Flag.withDescription("Ask nothing: add what is missing, and leave alone what is there")
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withDescription("List what would be written, and write nothing")
  ),
  name: Flag.String("name").pipe(
    Flag.optional,
    Flag.withDescription("The name in a new package.json (default: the folder's)")
  )
}

const isTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

const checkFolder = Effect.fnUntraced(function* (folder: string, given: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fileSystem.stat(folder))
  if (Option.isNone(info) || info.value.type === "Directory") return
  const fix = "name another, or one that is not there yet"
  return yield* Effect.fail(new CannotInit({ path: given, reason: "is not a folder", fix }))
})

/** The text of a file; undefined if there is none. */
const textIn = Effect.fnUntraced(function* (folder: string, name: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* fileSystem.readFileString(path.join(folder, name)).pipe(
    Effect.catch((error: PlatformError) =>
      error.reason._tag === "NotFound"
        ? Effect.succeed(undefined)
        : Effect.fail(
            new CannotInit({
              path: name,
              reason: `cannot be read (${write.wordsOf(error)})`,
              fix: "a file of the service has this name; move the other one away"
            })
          )
    )
  )
})

/** Made by `npm init`, `npm install` and their like, or hidden: no program of the user's. */
const isMadeByNpm = (name: string): boolean =>
  name.startsWith(".") ||
  ["node_modules", "package.json", "package-lock.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock"].includes(
    name
  )

const packageIn = Effect.fnUntraced(function* (folder: string, name: Option.Option<string>) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* textIn(folder, "package.json")
  if (text !== undefined) {
    const fields = yield* Effect.fromResult(packageJson.parse("package.json", text))
    const names = yield* Effect.orElseSucceed(fileSystem.readDirectory(folder), (): ReadonlyArray<string> => ["?"])
    return { _tag: "There", text, fields, isInUse: !names.every(isMadeByNpm) } as const
  }
  const its = Option.getOrElse(name, () => path.basename(folder))
  return { _tag: "Missing", name: yield* Effect.fromResult(packageJson.checkedName(its, folder)) } as const
})

/** A lock file says it; without one, the program that runs this. */
const packageManager = Effect.fnUntraced(function* (folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const [file, name] of [
    ["package-lock.json", "npm"],
    ["pnpm-lock.yaml", "pnpm"],
    ["yarn.lock", "yarn"]
  ] as const) {
    if (yield* fileSystem.exists(path.join(folder, file))) return name
  }
  return /^(pnpm|yarn)\//.exec(process.env["npm_config_user_agent"] ?? "")?.[1] ?? "npm"
})

const notModules = (its: plan.Package): CannotInit => {
  const type = its._tag === "There" ? its.fields["type"] : undefined
  return new CannotInit({
    path: "package.json",
    reason: `${type === undefined ? 'has no "type"' : `has "type": ${JSON.stringify(type)}`}, so its files are CommonJS, and the service is ES modules`,
    fix: 'put "type": "module" into it (npm pkg set type=module), or give the service a folder of its own: giveway init FOLDER'
  })
}

export const init = Command.make(
  "init",
  {
    ...flags,
    folder: Argument.String("folder").pipe(
      Argument.withDefault("."),
      Argument.withDescription("Where to write; it is made if there is none (default: this folder)")
    )
  },
  ({ dryRun, folder: operand, name, yes }) =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      const folder = path.resolve(operand)
      yield* checkFolder(folder, operand)
      const its = yield* packageIn(folder, name)
      const { fields, files } = yield* template.read
      const texts = new Map<string, string>()
      for (const file of files) {
        const text = yield* textIn(folder, file.path)
        if (text !== undefined) texts.set(file.path, text)
      }
      const plans = plan.make({ fields, files }, (file) => texts.get(file), its)

      const asks = isTerminal() && !yes && !dryRun
      const agreesTo = (questions: ReadonlyArray<plan.Question>) => (asks ? ask.all(questions) : Effect.succeed([]))
      // first: after a no to one of these there is nothing more to ask
      const needed = plans.questions.filter(plan.isNeeded)
      const given = yield* agreesTo(needed)
      if (needed.length > given.length) return yield* Effect.fail(notModules(its))
      const agreed = [...given, ...(yield* agreesTo(plans.questions.filter((question) => !needed.includes(question))))]
      const left = plans.questions.filter((question) => !agreed.includes(question))

      const replaced = plan.replacements(plans, its, agreed)
      if (!dryRun) yield* write.all(folder, plans.missing, replaced)
      yield* printed.out(report.files(plans, replaced, agreed, left, !dryRun))
      if (!asks && left.length > 0) process.exitCode = exitCodes.partly
      if (dryRun) return
      const manager = yield* packageManager(folder)
      const isHere = path.relative(process.cwd(), folder) === ""
      const isWhole = !left.some(({ _tag }) => _tag === "File")
      yield* printed.out(report.nextSteps(manager, isHere ? undefined : operand, isWhole))
    }).pipe(
      Effect.catchTag("QuitError", () =>
        Effect.andThen(
          printed.err("\ngiveway init: nothing was written"),
          Effect.sync(() => void (process.exitCode = 130))
        )
      ),
      failing
    )
).pipe(
  Command.withDescription(
    `Writes a service that runs at once: HTTP, a task for another core, a pure function that runs in slices, supervision, tests, and the scripts dev, start, test, build and doctor. In a package that is there it adds what is missing. In a terminal it asks before it changes a file or a field of package.json, and shows the change. Without a terminal, or with --yes, it leaves them alone and lists them. After an error nothing is written.`
  ),
  Command.withShortDescription("Writes a service that runs at once, into a new or an existing package"),
  Command.withExamples([
    { command: "giveway init", description: "In this folder" },
    { command: "giveway init my-service", description: "In a new one" },
    { command: "giveway init --dry-run", description: "What it would write, and what it would leave alone" }
  ])
)
