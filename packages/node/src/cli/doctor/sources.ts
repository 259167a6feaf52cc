/**
 * The lines of the user's source, for files that have a source map beside them or in them: what esbuild, tsc, Rollup and
 * others write. Node reads the maps (`SourceMap` of `node:module`).
 *
 * The doctor does this once the program has ended, so that the program need not read maps, which takes time while it is held.
 * Code that was transformed in memory was mapped in its process (`watch/mappedStack.ts`).
 */
import { readFileSync } from "node:fs"
import type { SourceMapPayload } from "node:module"
import { SourceMap } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"
import type * as Sysmon from "@giveway/core/Sysmon"
import { lineEnd } from "../../watch/mappedStack.ts"

interface Known {
  readonly map: SourceMap
  /** to which its sources are relative */
  readonly url: string
}

/** The last comment of a file that says where its map is. */
const comment = /\/[/*][#@]\s*sourceMappingURL=([^\s'"]+)\s*(?:\*\/\s*)?$/gm

const payloadAt = (url: URL): SourceMapPayload => {
  if (url.protocol !== "data:") return JSON.parse(readFileSync(url, "utf8")) as SourceMapPayload
  const comma = url.href.indexOf(",")
  const data = url.href.slice(comma + 1)
  const isBase64 = url.href.slice(0, comma).endsWith(";base64")
  const text = isBase64 ? Buffer.from(data, "base64").toString() : decodeURIComponent(data)
  return JSON.parse(text) as SourceMapPayload
}

const read = (file: string): Known | undefined => {
  try {
    const found = Array.from(readFileSync(file, "utf8").matchAll(comment)).at(-1)?.[1]
    if (found === undefined) return undefined
    const here = pathToFileURL(file)
    const at = new URL(found, here)
    return { map: new SourceMap(payloadAt(at)), url: at.protocol === "data:" ? here.href : at.href }
  } catch {
    // without its map the file is its own source
    return undefined
  }
}

/** The path of a source: maps of webpack name them `webpack://package/./src/a.ts`. */
const pathOf = (source: string, url: string): string | undefined => {
  const relative = source.replace(/^webpack:\/\/[^/]*\/(?!\/)/, "")
  try {
    const at = new URL(relative === source ? source : relative, relative === source ? url : pathToFileURL("./"))
    return at.protocol === "file:" ? fileURLToPath(at) : undefined
  } catch {
    return undefined
  }
}

/** Finds the frame in the user's source that a frame stands for. Each file is read once. */
export const make = (): ((frame: Sysmon.Frame) => Sysmon.Frame) => {
  const known = new Map<string, Known | undefined>()
  return (frame) => {
    const { column = lineEnd, file, line } = frame
    if (file.includes("/node_modules/")) return frame
    if (!known.has(file)) known.set(file, read(file))
    const found = known.get(file)
    const entry = found?.map.findEntry(line - 1, column - 1)
    if (found === undefined || entry === undefined || !("originalSource" in entry)) return frame
    const source = typeof entry.originalSource === "string" ? pathOf(entry.originalSource, found.url) : undefined
    // a map may say anything
    const isPosition = [entry.originalLine, entry.originalColumn].every((n) => Number.isSafeInteger(n) && n >= 0)
    return source === undefined || !isPosition
      ? frame
      : { ...frame, file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  }
}
