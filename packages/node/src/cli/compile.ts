/**
 * `giveway compile FILE...`: shows how the compiler treats each file, without running it.
 *
 * Its answer is that of `register` and of the bundler plugin, because it calls the same compiler in the same way. The exit
 * code is 1 if a file cannot be read or parsed, or if a function is refused.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { resolve } from "node:path"
import * as include from "../compiler/host/include.ts"
import { compileInput, decode, formatOfPackage } from "../compiler/host/input.ts"
import { parse } from "../compiler/read/parse.ts"
import type { Report } from "./compileReport.ts"
import { codeOf, render } from "./compileReport.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import * as printed from "./text/printed.ts"
import { makeProgress } from "./text/progress.ts"

const files = Argument.String("file").pipe(
  Argument.atLeast(1),
  Argument.withDescription("JavaScript or TypeScript modules; - is standard input")
)

const flags = {
  code: Flag.Boolean("code").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Print the compiled code; the table of decisions goes to standard error (default: the table alone)"
    )
  ),
  map: Flag.Boolean("map").pipe(
    Flag.withDefault(false),
    Flag.withDescription("With --code: add the source map as a comment; alone, it means --code too")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print one JSON array with an object for each file (default: tables)")
  ),
  name: Flag.String("stdin-name").pipe(
    Flag.withDefault("stdin.ts"),
    Flag.withDescription(
      "The file name of standard input; the extension says whether it is TypeScript (default: stdin.ts)"
    )
  )
}

/** The bytes, or the reason that there are none. */
const read = Effect.fnUntraced(function* (file: string) {
  if (file === "-") {
    const { stdin } = yield* Stdio.Stdio
    const chunks = yield* Stream.runCollect(stdin)
    return Buffer.concat([...chunks])
  }
  const fileSystem = yield* FileSystem.FileSystem
  const { type } = yield* fileSystem.stat(file)
  return type === "Directory" ? "it is a directory: name its files" : yield* fileSystem.readFile(file)
})

const reportOn = Effect.fnUntraced(function* (file: string, stdinName: string) {
  const name = file === "-" ? stdinName : file
  if (!/\.[cm]?[jt]sx?$/.test(name)) return { file: name, unreadable: "it is no .js or .ts file" } satisfies Report
  const content = yield* read(file).pipe(
    Effect.catch((error) =>
      Effect.succeed(error.reason._tag === "NotFound" ? "there is no such file" : `it cannot be read: ${error.message}`)
    )
  )
  if (typeof content === "string") return { file: name, unreadable: content } satisfies Report
  const format = formatOfPackage(resolve(name))
  const path = resolve(name)
  const exporter = include.packageOf(path)
  const whole = exporter !== undefined && include.covers(include.ofApplication(undefined), exporter)
  const compiled = compileInput({ file: name, content, format, whole })
  // the compiler does not parse a file without marks; a user of the command wants to know whether it can be parsed
  const source = compiled.map === undefined && compiled.diagnostics.length === 0 ? decode(content) : undefined
  const parsed = source === undefined ? undefined : parse(source, name)
  return parsed !== undefined && "reason" in parsed
    ? { file: name, content, compiled: { ...compiled, diagnostics: [parsed] } }
    : ({ file: name, content, compiled } satisfies Report)
})

export const compile = Command.make(
  "compile",
  { ...flags, files },
  Effect.fnUntraced(function* ({ code: isCodeAsked, files, json, map, name }) {
    const code = isCodeAsked || map
    const progress = makeProgress(files.length)
    const reports: ReadonlyArray<Report> = yield* Effect.forEach(files, (file, index) =>
      Effect.tap(reportOn(file, name), () => Effect.sync(() => progress.at(index + 1)))
    )
    progress.end()
    // before the output: a reader that closes the pipe ends this process
    const failed = reports.some(({ compiled }) => compiled === undefined || compiled.diagnostics.length > 0)
    if (failed) process.exitCode = exitCodes.found
    if (json) {
      const objects = reports.map((report) => ({
        file: report.file,
        ...(report.compiled === undefined
          ? { unreadable: report.unreadable }
          : {
              functions: report.compiled.decisions,
              diagnostics: report.compiled.diagnostics,
              ...(code ? { code: Buffer.from(codeOf(report, map)).toString() } : {})
            })
      }))
      yield* printed.json(JSON.stringify(objects, undefined, 2))
    } else {
      for (const report of reports) {
        const aside = code || report.compiled === undefined
        yield* aside ? printed.err(render(report, process.stderr)) : printed.out(render(report, process.stdout))
        if (code && report.compiled !== undefined) {
          const text = codeOf(report, map)
          // a file or a compiler gets the code as it is
          yield* process.stdout.isTTY ? printed.out(String(text)) : Effect.sync(() => process.stdout.write(text))
        }
      }
    }
  })
).pipe(
  Command.withDescription(
    `Shows the form that the yield-point compiler gives to each marked function (Pure.fn, "use steppable", the handlers of Task.make and Task.stream) and to the functions that it calls. re-entrant and generator have yield points, and the first is faster; effect is a generator of effects with yield points in its loops; native has no yield points; worker is inline work that workers run; refused cannot be compiled soundly and runs in its plain form.`
  ),
  Command.withShortDescription("Shows the compiled form of each function of a file, and why"),
  Command.withExamples([
    { command: "giveway compile src/rank.ts", description: "One line per function" },
    { command: "giveway compile src/rank.ts --code > rank.js", description: "The code that would run" },
    { command: "giveway compile src/*.ts --json", description: "For scripts" }
  ])
)
