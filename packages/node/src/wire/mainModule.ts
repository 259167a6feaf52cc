/**
 * The program's main module. A worker that imports it would start the program again.
 */
import { realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

/** Its URL; `undefined` in a REPL and under `node --eval`. Node finds it without an extension, and `.` too, by the rules of `require`. */
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
