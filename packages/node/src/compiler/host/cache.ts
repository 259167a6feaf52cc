/**
 * Compiled modules on disk. The key of an entry is a hash of everything that the entry depends on: the source, the file's
 * name, the runtime that the code imports, the compiler's own text, and the version of Node.
 *
 * An entry is written under a name of its own and then renamed, so no reader sees half of one. An error of the disk costs
 * one compilation, and nothing else. Where entries lie, and which are read: `folders/codeCache.ts`.
 *
 * Decision 0117.
 */
import { createHash, randomUUID } from "node:crypto"
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as codeCache from "../../folders/codeCache.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The text of all stages: it is the compiler's version, also while somebody works on the compiler. */
export const compilerText = (): string => {
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

const remove = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // permissions may forbid even that
  }
}

export const open = (): Cache => {
  const entries = codeCache.folder()
  if (entries === undefined) return { of: (_source, _name, make) => make() }
  let version: string | undefined
  return {
    of: (source, name, make) => {
      version ??= `${process.version}\n${sha256(compilerText())}`
      const path = join(entries, `${sha256(`${version}\n${name}\n${source}`)}.json`)
      try {
        return codeCache.read(path)
      } catch {
        // there is no entry yet, or none to be trusted
      }
      const value = make()
      const own = `${path}.${randomUUID()}`
      try {
        writeFileSync(own, value, { mode: 0o644, flag: "wx" })
        renameSync(own, path)
      } catch {
        remove(own)
      }
      return value
    }
  }
}
