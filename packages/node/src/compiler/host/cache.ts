/**
 * Compiled modules on disk. The key of an entry is a hash of everything that the entry depends on: the source, the file's
 * name, the runtime that the code imports, the compiler's own text, and the version of Node.
 *
 * An entry is written under a name of its own and then renamed, so no reader sees half of one. Where entries lie, and which are read:
 * `folders/codeCache.ts`.
 *
 * **Invariant.** Whatever is wrong with the disk or an entry costs one compilation, and nothing else. After a power cut a file that was
 * renamed may be empty, or hold zeros or blocks of another file. So an entry begins with a hash of its key and its text, and one that
 * has another hash is made again.
 *
 * Rejected: to flush each entry to the disk (10 ms for each module at the first start, and disks still lie).
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

/** An entry as a file: the hash of its key and its text, and the text. */
export const sealed = (key: string, text: string): string => `${sha256(`${key}\n${text}`)}\n${text}`

/** The text of a file; `undefined` if it is not as it was written, or was written for another key. */
export const unsealed = (key: string, file: string): string | undefined => {
  const text = file.slice(file.indexOf("\n") + 1)
  return file === sealed(key, text) ? text : undefined
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
      const key = sha256(`${version}\n${name}\n${source}`)
      const path = join(entries, `${key}.json`)
      try {
        const text = unsealed(key, codeCache.read(path))
        if (text !== undefined) return text
      } catch {
        // there is no entry yet, or none to be trusted
      }
      const value = make()
      const own = `${path}.${randomUUID()}`
      try {
        writeFileSync(own, sealed(key, value), { mode: 0o644, flag: "wx" })
        renameSync(own, path)
      } catch {
        remove(own)
      }
      return value
    }
  }
}
