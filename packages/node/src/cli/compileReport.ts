/**
 * The report of `giveway compile` on one file, as text.
 */
import { safeLine } from "@giveway/core/Sysmon"
import type { Decision } from "../compiler/decide/classify.ts"
import type { Compiled } from "../compiler/host/compile.ts"
import type { Diagnostic } from "../compiler/read/diagnostic.ts"
import { render as renderDiagnostic } from "../compiler/read/diagnostic.ts"
import { paint as painted } from "./text/colours.ts"

/** A file that was read, and the compiler's result. */
interface Read {
  readonly file: string
  readonly content: Uint8Array
  readonly compiled: Compiled
}

/** A file that could not be read, and why. */
interface Unreadable {
  readonly file: string
  readonly unreadable: string
  readonly compiled?: undefined
}

export type Report = Read | Unreadable

const colours = {
  "re-entrant": "green",
  generator: "yellow",
  effect: "green",
  worker: "cyan",
  native: "gray",
  refused: "red"
} as const

/** The code that would run; `map`: with its source map, if it was compiled. */
export const codeOf = ({ compiled: { code, map: sourceMap }, content }: Read, map: boolean): string | Uint8Array => {
  if (sourceMap === undefined) return content
  if (!map) return code
  const data = Buffer.from(JSON.stringify(sourceMap)).toString("base64")
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}\n`
}

const why = ({ at, fix, reason }: Decision): string =>
  (reason ?? "") + (at === undefined ? "" : ` (${at.line}:${at.column})`) + (fix === undefined ? "" : `. Fix: ${fix}`)

const isAbout = (decision: Decision, { column, line, reason }: Diagnostic): boolean =>
  decision.at?.line === line && decision.at.column === column && decision.reason === reason

const count = (decisions: ReadonlyArray<Decision>): string => {
  const of = (...forms: ReadonlyArray<Decision["form"]>) => decisions.filter(({ form }) => forms.includes(form)).length
  return `${of("re-entrant", "generator", "effect")} with yield points, ${of("native")} native, ${of("refused")} refused${of("worker") === 0 ? "" : `, ${of("worker")} for workers`}`
}

/** The table, for `stream`: in colours if it is a terminal. */
export const render = (report: Report, stream: NodeJS.WriteStream): string => {
  const paint = (style: Parameters<typeof painted>[0], text: string): string => painted(style, text, stream)
  if (report.compiled === undefined) return safeLine(`${report.file}: ${report.unreadable}`)
  const { decisions, diagnostics } = report.compiled
  const notes = diagnostics
    .filter((each) => !decisions.some((decision) => isAbout(decision, each)))
    .map((each) => paint("red", renderDiagnostic(each)))
  if (decisions.length === 0) {
    return notes.length > 0 ? notes.join("\n") : safeLine(`${report.file}: nothing is marked, so it stays as it is`)
  }
  const rows = decisions.map((decision) => ({
    ...decision,
    name: safeLine(decision.name),
    line: String(decision.line),
    why: safeLine(why(decision))
  }))
  const width = (cells: ReadonlyArray<string>): number => Math.max(...cells.map((cell) => cell.length))
  const lines = width(["line", ...rows.map(({ line }) => line)])
  const names = width(["function", ...rows.map(({ name }) => name)])
  const forms = width(["form", ...rows.map(({ form }) => form)])
  const heading = `${"line".padStart(lines)}  ${"function".padEnd(names)}  ${"form".padEnd(forms)}  why`
  return [
    paint("bold", report.file),
    paint("gray", heading),
    ...rows.map(({ form, line, name, why }) =>
      `${line.padStart(lines)}  ${name.padEnd(names)}  ${paint(colours[form], form.padEnd(forms))}  ${why}`.trimEnd()
    ),
    count(decisions),
    ...notes
  ].join("\n")
}
