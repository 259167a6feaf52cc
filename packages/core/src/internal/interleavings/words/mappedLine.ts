/**
 * Lines of compiled scripts as lines of their sources. Vitest, tsx and others that compile a module when it is imported also bring
 * an `Error.prepareStackTrace` that maps stacks back. It is asked for the line of a frame that is made up here.
 *
 * Node's own type stripping keeps the lines.
 *
 * Rejected: to read source maps here. Each of those tools keeps its maps elsewhere.
 */
import type { V8Error } from "../../stackTrace/limit.ts"

type Prepare = (error: Error, frames: ReadonlyArray<Frame>) => unknown

/** A call site of V8's stack interface. Tools copy it by the methods of its prototype. */
class Frame {
  private readonly file: string
  private readonly line: number
  private readonly column: number

  constructor(file: string, line: number, column: number) {
    this.file = file
    this.line = line
    this.column = column
  }
  getFileName() {
    return this.file
  }
  getScriptNameOrSourceURL() {
    return this.file
  }
  getLineNumber() {
    return this.line
  }
  getColumnNumber() {
    return this.column
  }
  getFunctionName() {
    return "f"
  }
  getMethodName() {
    return null
  }
  getTypeName() {
    return null
  }
  getEvalOrigin() {
    return undefined
  }
  getPromiseIndex() {
    return null
  }
  getThis() {
    return undefined
  }
  getFunction() {
    return undefined
  }
  getEnclosingLineNumber() {
    return this.line
  }
  getEnclosingColumnNumber() {
    return this.column
  }
  getPosition() {
    return 0
  }
  getScriptHash() {
    return ""
  }
  isNative() {
    return false
  }
  isToplevel() {
    return true
  }
  isEval() {
    return false
  }
  isConstructor() {
    return false
  }
  isAsync() {
    return false
  }
  isPromiseAll() {
    return false
  }
  toString() {
    return `f (${this.file}:${this.line}:${this.column})`
  }
}

/** The source's line of a place in a script, all from 1; the same line where nothing maps it. */
export const mappedLine = (url: string, line: number, column: number): number => {
  const { prepareStackTrace } = Error as V8Error
  if (typeof prepareStackTrace !== "function") return line
  // the debugger names by a URL what a stack may name by its path
  for (const file of [url, url.replace(/^file:\/\//, "")]) {
    try {
      const text = (prepareStackTrace as Prepare)(new Error("mapped"), [new Frame(file, line, column)])
      const mapped = Number(/:(\d+):\d+\)?\s*$/.exec(String(text))?.[1] ?? line)
      if (mapped !== line) return mapped
    } catch {
      // it may expect more of a frame than V8 documents
    }
  }
  return line
}
