/**
 * The stack of a stall with the lines of the user's source, for code that a tool transformed in this process.
 *
 * Vitest, Vite and Jest run transformed code through `node:vm`. Node keeps no source map of such code (`module.findSourceMap`
 * does not find one), but the tool does: it prints stacks through `Error.prepareStackTrace`. So each frame is given to that
 * function as a call site, and taken from the text that it returns.
 *
 * **Invariant.** This runs after the stall, never in the middle of it: reading a map takes time, which would make the stall
 * longer, perhaps longer than the budget.
 *
 * Rejected: `--enable-source-maps` for each program. Node would then read maps in the middle of a stall, and every stack that
 * the program prints would change. It is enabled only if the program's own options load modules that may transform code
 * (`followLoaders`). Files that have their map beside them are left to the reader of the journal.
 *
 * Decision 0103.
 */
import { resolve } from "node:path"
import * as Sysmon from "@giveway/core/Sysmon"

/** What a function that prints stacks asks of a call site: V8's own methods, in a class of their own as V8's are. */
class CallSite {
  readonly #frame: Sysmon.Frame
  constructor(frame: Sysmon.Frame) {
    this.#frame = frame
  }
  getThis(): undefined {}
  getTypeName(): string | null {
    return null
  }
  getFunction(): undefined {}
  getFunctionName(): string | null {
    return this.#frame.function ?? null
  }
  getMethodName(): string | null {
    return null
  }
  getFileName(): string {
    return this.#frame.file
  }
  getLineNumber(): number {
    return this.#frame.line
  }
  getColumnNumber(): number {
    return this.#frame.column ?? 1
  }
  getEnclosingLineNumber(): number {
    return this.#frame.line
  }
  getEnclosingColumnNumber(): number {
    return this.#frame.column ?? 1
  }
  getPosition(): number {
    return 0
  }
  getEvalOrigin(): undefined {}
  getScriptNameOrSourceURL(): string {
    return this.#frame.file
  }
  getScriptHash(): string {
    return ""
  }
  getPromiseIndex(): number | null {
    return null
  }
  isNative(): boolean {
    return false
  }
  isToplevel(): boolean {
    return true
  }
  isConstructor(): boolean {
    return false
  }
  isEval(): boolean {
    return false
  }
  isAsync(): boolean {
    return this.#frame.isAsync
  }
  isPromiseAll(): boolean {
    return false
  }
  toString(): string {
    const { column, file, function: name, line } = this.#frame
    return name === undefined ? `${file}:${line}:${column ?? 1}` : `${name} (${file}:${line}:${column ?? 1})`
  }
}

type Printing = (error: Error, sites: ReadonlyArray<unknown>) => unknown

/** The frame as the program prints it; the same if it prints nothing that is a stack. */
const printed = (frame: Sysmon.Frame, print: Printing): Sysmon.Frame => {
  try {
    const text = print(new Error("held"), [new CallSite(frame)])
    const [first] = typeof text === "string" ? Sysmon.frames(text) : []
    return first === undefined
      ? frame
      : { ...first, function: first.function ?? frame.function, isAsync: frame.isAsync }
  } catch {
    return frame
  }
}

const textOf = ({ column, file, function: name, isAsync, line }: Sysmon.Frame): string => {
  const position = `${file}:${line}:${column ?? 1}`
  return `    at ${isAsync ? "async " : ""}${name === undefined ? position : `${name} (${position})`}`
}

/** `stack` with each frame that `original` maps replaced. The lines that are no frame, and those of Node, stay. */
export const withFrames = (stack: string, original: (frame: Sysmon.Frame) => Sysmon.Frame): string =>
  stack
    .split("\n")
    .map((text) => {
      const [frame] = Sysmon.frames(text)
      if (frame === undefined || frame.file.startsWith("node:") || frame.file.startsWith("evalmachine")) return text
      const mapped = original(frame)
      return mapped.file === frame.file && mapped.line === frame.line ? text : textOf(mapped)
    })
    .join("\n")

/** The program's own way to print stacks, if it has one. */
const printing = (): Printing | undefined => {
  const print = (Error as { readonly prepareStackTrace?: unknown }).prepareStackTrace
  return typeof print === "function" ? (print as Printing) : undefined
}

/** `stack` as the program itself would print it. */
export const mapped = (stack: string): string => {
  const print = printing()
  return print === undefined ? stack : withFrames(stack, (frame) => printed(frame, print))
}

/** The last statement of a line stands for a place that has no column. */
export const lineEnd = 1_000

/** A place as the program itself would print it. */
export const mappedPlace = (place: Sysmon.Position): Sysmon.Position => {
  const print = printing()
  if (print === undefined) return place
  const {
    file,
    function: name,
    line
  } = printed({ ...place, file: resolve(place.file), column: lineEnd, isAsync: false }, print)
  return { file: relativeTo(process.cwd(), file), line, function: name }
}

/** A path below `cwd` relative to it, as places have it. */
export const relativeTo = (cwd: string, file: string): string =>
  file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file

/** Options that load a module before the program's own. */
const loads = /(^|\s)(-r|--require|--import|--loader|--experimental-loader)(=|\s|$)/

/**
 * Has Node map the lines of code that a loader transforms, if the program's options name a loader (such as
 * `@giveway/node/register`). The maps of such code are those of single files, which are quick to read. `own`: the option that
 * loads the doctor itself.
 */
export const followLoaders = (own: string): void => {
  const options = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ").replaceAll(own, "")
  if (loads.test(options)) process.setSourceMapsEnabled(true)
}
