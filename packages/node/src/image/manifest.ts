/**
 * What is known of an image that lies on disk: the files that it was made of. An image is used only as long as each of them is what it
 * was.
 *
 * A file that has the same size, the same times and the same place on the disk is the same: nobody can set the time of a change. In a
 * copy of the folder, as in a container's image, these differ. Then the contents are compared, which takes some 20 ms.
 *
 * **Invariants**
 * - The name of an image is the hash of its text, so no image is taken for another, and a damaged one is found out.
 * - Only files that no other user could have written are read (`folders/codeCache.ts`).
 * - The folder is called as if a package lay there: its frames count as code of a library wherever stacks are read.
 *
 * Decision 0172.
 */
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as codeCache from "../folders/codeCache.ts"
import { sealed, sha256, unsealed, write } from "../folders/seal.ts"

interface Input {
  readonly file: string
  readonly sha256: string
  /** size, times and number of the file, as they were */
  readonly state: string
}

interface Manifest {
  /** the files of the image: the hash of a file's text is its name */
  readonly near: string
  readonly far: string
  /** the URL of the module that a worker begins with */
  readonly root: string
  readonly inputs: ReadonlyArray<Input>
}

/** An image that a worker can begin with. */
export interface Fit {
  /** the file with the modules that each worker needs */
  readonly near: string
  /** the file with those that tasks may ask for */
  readonly far: string
  readonly root: string
}

export type Found =
  | { readonly _tag: "Fit"; readonly image: Fit; readonly files: ReadonlyArray<string> }
  | { readonly _tag: "None" }
  | { readonly _tag: "Unfit"; readonly reason: string }

const stateOf = (file: string): string => {
  const { ctimeNs, dev, ino, mtimeNs, size } = statSync(file, { bigint: true })
  return [size, mtimeNs, ctimeNs, ino, dev].join(" ")
}

/** A file as it is now. The state is read first: a change while the text is read shows in it. */
export const inputOf = (file: string): Input => ({ file, state: stateOf(file), sha256: sha256(readFileSync(file)) })

const nameOf = (key: string): string => `image-${sha256(key).slice(0, 16)}.json`
const below = ["node_modules", "@giveway", "node", "dist"]
const partFile = (folder: string, name: string): string => join(folder, ...below, `${name}.mjs`)

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT"
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const sameFiles = (inputs: ReadonlyArray<Input>): "yes" | "copies" | { readonly other: string } => {
  let copies = false
  for (const { file, sha256: hash, state } of inputs) {
    try {
      if (stateOf(file) === state) continue
      if (sha256(readFileSync(file)) !== hash) return { other: file }
      copies = true
    } catch {
      return { other: file }
    }
  }
  return copies ? "copies" : "yes"
}

/** In pieces: the program would keep megabytes that it does not need. */
const hashOf = (file: string): string => {
  const hash = createHash("sha256")
  codeCache.readInPieces(file, (bytes) => hash.update(bytes))
  return hash.digest("hex")
}

/** Looks for the image for `key` in a folder, and whether it may be used. Never throws. */
export const find = (folder: string, key: string): Found => {
  const unfit = (reason: string): Found => ({ _tag: "Unfit", reason })
  const path = join(folder, nameOf(key))
  let manifest: Manifest
  try {
    const text = unsealed(key, codeCache.read(path))
    if (text === undefined) return unfit("its list of files is damaged")
    manifest = JSON.parse(text) as Manifest
  } catch (error) {
    return isMissing(error) ? { _tag: "None" } : unfit(messageOf(error))
  }
  const files = [manifest.near, manifest.far].map((name) => partFile(folder, name))
  for (const [index, file] of files.entries()) {
    try {
      if (hashOf(file) !== [manifest.near, manifest.far][index]) return unfit(`${file} is damaged`)
    } catch (error) {
      return unfit(isMissing(error) ? `${file} is not there` : messageOf(error))
    }
  }
  const same = sameFiles(manifest.inputs)
  if (typeof same === "object") return unfit(`${same.other} has changed`)
  if (same === "copies") {
    const inputs = manifest.inputs.map(({ file: input, sha256: hash }) => ({
      file: input,
      sha256: hash,
      state: stateOf(input)
    }))
    try {
      write(path, sealed(key, JSON.stringify({ ...manifest, inputs })))
    } catch {
      // the next start compares the contents again
    }
  }
  const [near, far] = files.map((file) => pathToFileURL(file).href)
  return { _tag: "Fit", image: { near: near!, far: far!, root: manifest.root }, files }
}

/** Writes a file of an image with its source map, and gives its name. Throws where that is not possible. */
export const keepPart = (folder: string, text: string, map: string): string => {
  mkdirSync(join(folder, ...below), { recursive: true, mode: 0o755 })
  const mapName = `${sha256(map)}.map`
  write(join(folder, ...below, mapName), map)
  const whole = `${text}//# sourceMappingURL=${mapName}\n`
  const name = sha256(whole)
  write(partFile(folder, name), whole)
  return name
}

/** Files of an image that is not made anew for so long are of a release that is gone, days. One that is still in use is made again. */
const keptDays = 30

/** Writes the list of the files: without that, nothing looks at the image. Then removes files of old images. */
export const keep = (folder: string, key: string, manifest: Manifest): void => {
  write(join(folder, nameOf(key)), sealed(key, JSON.stringify(manifest)))
  const parts = join(folder, ...below)
  for (const name of readdirSync(parts)) {
    const file = join(parts, name)
    try {
      if (Date.now() - statSync(file).mtimeMs > keptDays * 86_400_000) rmSync(file)
    } catch {
      // another process removes it, too
    }
  }
}
