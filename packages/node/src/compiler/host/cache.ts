/**
 * Compiled modules on disk, by a hash of all that they depend on: the source, the file's name, the runtime it will import, the compiler and Node.
 *
 * An entry is written under a name of its own and renamed, so a reader never sees half of one. Whatever goes wrong with
 * the disk only costs the compilation again.
 *
 * Rejected: the system's temporary folder (code that runs must not come from a place where others can write).
 */
import { createHash, randomUUID } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** What a compiler version is: the text of its stages. */
const compilerText = (): string => {
  const folder = dirname(fileURLToPath(import.meta.url))
  return readdirSync(folder)
    .filter((file) => /\.(js|ts)$/.test(file) && !file.endsWith(".d.ts"))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n")
}

/** Beside the packages that the program uses; nowhere if it has none. */
const folder = (): string | undefined => {
  const modules = join(process.cwd(), "node_modules")
  return existsSync(modules) ? join(modules, ".cache", "giveway") : undefined
}

export interface Cache {
  /** What was stored for `source` under `name`, or else what `make` gives, stored. */
  readonly of: (source: string, name: string, make: () => string) => string
}

export const open = (): Cache => {
  const place = folder()
  if (place === undefined) return { of: (_source, _name, make) => make() }
  let version: string | undefined
  return {
    of: (source, name, make) => {
      version ??= `${process.version}\n${createHash("sha256").update(compilerText()).digest("hex")}`
      const key = createHash("sha256").update(`${version}\n${name}\n${source}`).digest("hex")
      const path = join(place, `${key}.json`)
      try {
        return readFileSync(path, "utf8")
      } catch {
        // not there yet
      }
      const value = make()
      const own = `${path}.${randomUUID()}`
      try {
        mkdirSync(place, { recursive: true })
        writeFileSync(own, value)
        renameSync(own, path)
      } catch {
        rmSync(own, { force: true })
      }
      return value
    }
  }
}
