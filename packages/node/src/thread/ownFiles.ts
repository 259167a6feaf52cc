/**
 * The files of this package that start in threads, or are loaded there. They are found beside this one, so a bundle must not contain the
 * package: it would have this file's code at another place, and not those files. In CommonJS a bundle has no `import.meta.url` at all.
 *
 * Decisions 0114, 0149.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const here = import.meta.url as string | undefined

/** Sources run as TypeScript, the built package as JavaScript. */
const extension = here?.endsWith(".ts") === true ? ".ts" : ".js"

/** The URL of a file by its path in this package, without an extension. */
export const url = (path: string): URL => new URL(`../${path}${extension}`, here ?? "file:///bundle/of/giveway/")

/** Throws if the file of a thread is not there. Under Node's permission model a file may be hidden, and Node says so. */
export const requireFile = (file: URL): void => {
  if (here === undefined || (process.permission === undefined && !existsSync(file))) {
    const path = here === undefined ? "the file of the thread" : fileURLToPath(file)
    throw new Error(
      `${path} is not there: a bundler has put @giveway/node into a bundle, and its threads are files. Make @giveway/node, @giveway/core and effect external, and deploy them as packages`
    )
  }
}
