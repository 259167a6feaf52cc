/**
 * Imports the modules of tasks on a worker. Modules that a worker must not import, or cannot, are refused with the cause and the
 * remedy, before anything of them runs.
 *
 * **Invariant**: a module that starts the program, and does not ask whether it is the main module, is never imported.
 * This is how a bundler's output looks that has the program and its tasks in one file.
 *
 * Decision 0113.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The compiler's hook leaves this mark. The compiler itself is not imported here, since it takes long to load. */
const hasHook = (): boolean => Object.hasOwn(globalThis, Symbol.for("@giveway/node/register"))

/** Of an extracted module, which the hook makes. Without it, the URL would load the whole file. */
const isExtracted = (url: string): boolean => /\?giveway=[\w-]+$/.test(url)

const plugin = "bundle with the plugin @giveway/node/unplugin, and deploy all files that the build writes"

/** Why the module must not be imported; `undefined` if there is no reason. */
export const refusal = async (url: string, starting: ReadonlyArray<string>): Promise<string | undefined> => {
  if (isExtracted(url)) {
    return hasHook()
      ? undefined
      : "this worker has no compiler to extract it. Leave the option yieldPoints of NodeCompute at true"
  }
  const module = url.replace(/[?#].*$/, "")
  if (!starting.includes(module)) return undefined
  const file = fileURLToPath(module)
  const { isGuarded } = await import("../compiler/host/mainGuard.ts")
  return isGuarded(readFileSync(file, "utf8"), file)
    ? undefined
    : `this file starts the program, which would begin again: define its tasks in a file of their own, or start the program under if (import.meta.main). If a bundler has put the program and its tasks into one file, ${plugin}`
}

/** `starting`: the URLs of the modules that start the program. */
export const importer =
  (starting: ReadonlyArray<string>) =>
  async (url: string): Promise<unknown> => {
    const reason = await refusal(url, starting)
    if (reason !== undefined) throw new Error(reason)
    try {
      return await import(url)
    } catch (cause) {
      if (!url.startsWith("file:") || existsSync(fileURLToPath(url))) throw cause
      const lost = `there is no such file. If a bundler built this program, it has written the path that the source had there: ${plugin}`
      throw new Error(lost, { cause })
    }
  }
