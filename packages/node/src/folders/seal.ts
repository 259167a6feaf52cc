/**
 * Files that a program writes for its later runs. After a power cut a file that was renamed may be empty, or hold zeros or blocks of
 * another file. So a sealed file begins with a hash of its key and its text.
 *
 * A file is written under a name of its own and then renamed, so no reader sees half of one.
 *
 * Rejected: to flush each file to the disk (10 ms for each, and disks still lie).
 *
 * Decisions 0117, 0171.
 */
import { createHash, randomUUID } from "node:crypto"
import { renameSync, rmSync, writeFileSync } from "node:fs"

export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex")

/** A text as a file: the hash of its key and the text, and the text. */
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

/** Writes a file whole. Throws if that is not possible; then nothing is left of it. */
export const write = (path: string, text: string): void => {
  const own = `${path}.${randomUUID()}`
  try {
    writeFileSync(own, text, { mode: 0o644, flag: "wx" })
    renameSync(own, path)
  } catch (error) {
    remove(own)
    throw error
  }
}
