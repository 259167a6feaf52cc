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

/**
 * Ways in which a program asks whether it is the main module, or on the main thread. Text is all that there is to look at: the
 * module must not be evaluated. A word in a comment lets the module through, and then the pool refuses to start on the worker.
 */
const guard = /import\.meta\.main\b|\bisMainThread\b|\bthreadId\b|\brequire\.main\b|\bprocess\.argv\s*\[\s*1\s*\]/

/** Whether the text of a main module may be evaluated on a worker without starting the program. */
export const isGuarded = (text: string): boolean => guard.test(text)
