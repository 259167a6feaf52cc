/**
 * The folders that a stack is read with: the program's working directory, and Giveway's own code.
 */
import { fileURLToPath } from "node:url"
import type * as Sysmon from "@giveway/core/Sysmon"

/** The folders of Giveway's own code: its caller is to blame instead. Where source maps are in use, stacks name the sources. */
const ownFolders = (): ReadonlyArray<string> => {
  // in a bundle of CommonJS nothing has a place of its own
  if ((import.meta.url as string | undefined) === undefined) return []
  return [new URL("..", import.meta.url), new URL(".", import.meta.resolve("@giveway/core/Supervision"))].flatMap(
    (url) => {
      const folder = fileURLToPath(url).replace(/([\\/]dist[\\/])run[\\/]$/, "$1")
      return [folder, folder.replace(/([\\/])dist([\\/])$/, "$1src$2")]
    }
  )
}

export const surroundings = (): Sysmon.Surroundings => ({ cwd: process.cwd(), own: ownFolders() })
