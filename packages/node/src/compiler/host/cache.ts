/**
 * Compiled modules on disk. The key of an entry is a hash of everything that the entry depends on: the source, the file's
 * name, the runtime that the code imports, the compiler's own text, and the version of Node.
 *
 * Where entries lie, and which are read: `folders/codeCache.ts`. How they are written: `folders/seal.ts`.
 *
 * **Invariant.** Whatever is wrong with the disk or an entry costs one compilation, and nothing else. An entry whose seal is broken is
 * made again.
 *
 * Decision 0117.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as codeCache from "../../folders/codeCache.ts"
import { sealed, sha256, unsealed, write } from "../../folders/seal.ts"

/** The text of all stages: it is the compiler's version, also while somebody works on the compiler. */
export const compilerText = (): string => {
  // what is built has all stages in the file of the hook
  if (import.meta.url.endsWith(".js")) return readFileSync(new URL("register.js", import.meta.url), "utf8")
  const compiler = dirname(dirname(fileURLToPath(import.meta.url)))
  return readdirSync(compiler, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(js|ts)$/.test(file) && !file.endsWith(".d.ts"))
    .toSorted()
    .map((file) => readFileSync(join(compiler, file), "utf8"))
    .join("\n")
}

interface Cache {
  /** Gives the entry for `source` and `name`. If there is none, it stores the result of `make` and gives that. */
  readonly of: (source: string, name: string, make: () => string) => string
}

export const open = (): Cache => {
  const entries = codeCache.folder()
  if (entries === undefined) return { of: (_source, _name, make) => make() }
  let version: string | undefined
  return {
    of: (source, name, make) => {
      version ??= `${process.version}\n${sha256(compilerText())}`
      const key = sha256(`${version}\n${name}\n${source}`)
      const path = join(entries, `${key}.json`)
      try {
        const text = unsealed(key, codeCache.read(path))
        if (text !== undefined) return text
      } catch {
        // there is no entry yet, or none to be trusted
      }
      const value = make()
      try {
        write(path, sealed(key, value))
      } catch {
        // the next start compiles again
      }
      return value
    }
  }
}
