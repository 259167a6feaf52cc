/**
 * The files that `giveway init` writes: those of the folder `template` of this package, where they are checked, tested and formatted
 * with the rest. Its `package.json` has `*` in the place of each version. The versions are those that this package has been
 * tested with, from its own `package.json`.
 *
 * Decision 0127.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { Fields } from "./packageJson.ts"

export interface TextFile {
  /** relative to the folder, with `/` */
  readonly path: string
  readonly text: string
}

export interface Template {
  readonly files: ReadonlyArray<TextFile>
  /** the fields of its `package.json`, with versions */
  readonly fields: Fields
}

const home = new URL("../../../", import.meta.url)

/** npm leaves a file of this name out of a package, so it is kept without its dot. */
const nameOf = (path: string): string => (path === "gitignore" ? ".gitignore" : path)

type Versions = { readonly [name: string]: string }

interface Own {
  readonly name: string
  readonly version: string
  readonly dependencies: Versions
  readonly devDependencies: Versions
  readonly engines: Versions
}

const known = (versions: Versions, name: string): string => {
  const version = versions[name]
  if (version === undefined) throw new Error(`the package.json of @giveway/node does not name a version of ${name}`)
  return version
}

/** The template's fields with the versions of `own`. */
const withVersions = (fields: Fields, own: Own): Fields => {
  const versions: Versions = { ...own.devDependencies, ...own.dependencies, [own.name]: own.version }
  const filled = (group: unknown, from: Versions) =>
    Object.fromEntries(Object.keys(group as object).map((name) => [name, known(from, name)]))
  return {
    ...fields,
    dependencies: filled(fields["dependencies"], versions),
    devDependencies: filled(fields["devDependencies"], versions),
    engines: filled(fields["engines"], own.engines)
  }
}

/** Reads the template. That it is there is this package's own affair, so a failure is a defect. */
export const read: Effect.Effect<Template, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* path.fromFileUrl(new URL("template", home))
  const own = yield* fileSystem.readFileString(yield* path.fromFileUrl(new URL("package.json", home)))
  const entries = yield* fileSystem.readDirectory(folder, { recursive: true })
  const files: Array<TextFile> = []
  for (const entry of entries.toSorted()) {
    const place = path.join(folder, entry)
    if ((yield* fileSystem.stat(place)).type !== "File") continue
    files.push({ path: nameOf(entry.replaceAll("\\", "/")), text: yield* fileSystem.readFileString(place) })
  }
  const isPackage = (file: TextFile) => file.path === "package.json"
  return {
    files: files.filter((file) => !isPackage(file)),
    fields: withVersions(JSON.parse(files.find(isPackage)!.text) as Fields, JSON.parse(own) as Own)
  }
}).pipe(Effect.orDie)
