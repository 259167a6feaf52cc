/**
 * The modules that start the program when they are evaluated: the main module, and the module whose top level has called
 * `Giveway.runMain`, as a bundle that another file imports. A worker that imports one of them would start the program again.
 */
import { realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

/**
 * The URL of the main module; `undefined` in a REPL and under `node --eval`. Node finds it without an extension, and `.` too, by the
 * rules of `require`.
 */
export const url = ((): string | undefined => {
  const [, script] = process.argv
  if (script === undefined) return undefined
  try {
    return pathToFileURL(realpathSync(createRequire(import.meta.url).resolve(script))).href
  } catch {
    // there is no such file
    return undefined
  }
})()

const starts = new Set<string>(url === undefined ? [] : [url])

/** The URLs of these modules, as they are known now. */
export const starting = (): ReadonlyArray<string> => [...starts]

/** Frames above the top level of a module that starts a program. A guess. */
const depth = 100

/** Called by the function that starts the program: the outermost frame of its stack is the top level of a module. */
export const noteStart = (): void => {
  const limits = Error as { stackTraceLimit: number | undefined }
  const { stackTraceLimit } = limits
  try {
    limits.stackTraceLimit = depth
    const found = topLevelOf(new Error().stack)
    if (found !== undefined) starts.add(found)
  } catch {
    // frozen intrinsics
  } finally {
    try {
      limits.stackTraceLimit = stackTraceLimit
    } catch {
      // it was not changed
    }
  }
}

/** The URL of the module whose top level is the outermost frame of a stack. Below it are frames of Node, and those that await it. */
export const topLevelOf = (stack: string | undefined): string | undefined => {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  const end = frames.findIndex((line) => /\bnode:|^\s+at async /.test(line))
  const outermost = frames.slice(0, end < 0 ? undefined : end).at(-1) ?? ""
  const place = /^\s+at (?:Object\.<anonymous> \()?((?:file:\/\/)?\/[^()]*):\d+:\d+\)?$/.exec(outermost)?.[1]
  return place === undefined || place.startsWith("file:") ? place : pathToFileURL(place).href
}
