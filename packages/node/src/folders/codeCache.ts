/**
 * Where compiled code is kept: the compiler's modules, and what V8 made of the modules of workers. Code that lies there runs
 * with the rights of this process, so it lies where only this user and root can write, or nowhere.
 *
 * 1. `node_modules/.cache/giveway` in the working directory, beside the packages that the program runs.
 * 2. Else `giveway-UID/cache` in the temporary folder, which the system empties. That is the place for a working directory
 *    that others can write to, and for a program without packages.
 * 3. Else nowhere: each start compiles again, and nothing else changes.
 *
 * On Windows folders tell no owner, and the cache lies in the user's profile, which the system keeps for its owner.
 *
 * Rejected: to sign the entries (the key would have to lie somewhere only its owner can read, which is the same question);
 * the home directory (services have none, or share it; and nothing there would ever be removed); Node's own choice of a
 * folder for V8, which has a name that anybody can foresee and is not checked for its owner.
 *
 * Decision 0117.
 */
import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ownFolder from "./ownFolder.ts"
import * as trust from "./trust.ts"

/** Everybody may read what stands beside packages that everybody may read. */
const beside = 0o755
const hidden = 0o700

/** The folder, made if it was missing. */
export const folder = (): string | undefined => {
  const user = ownFolder.user()
  if (user === undefined) return inProfile()
  return besidePackages() ?? ownFolder.forCode(tmpdir(), [`giveway-${user}`, "cache"], hidden)
}

const besidePackages = (): string | undefined => {
  try {
    const working = process.cwd()
    if (!existsSync(join(working, "node_modules"))) return undefined
    return ownFolder.forCode(working, ["node_modules", ".cache", "giveway"], beside)
  } catch {
    // the working directory was removed
    return undefined
  }
}

const inProfile = (): string | undefined => {
  const profile = process.env["LOCALAPPDATA"]
  if (profile === undefined || profile === "") return undefined
  const path = join(profile, "giveway", "cache")
  try {
    mkdirSync(path, { recursive: true })
    return path
  } catch {
    return undefined
  }
}

/** The folder for V8's code. Node makes and reads the files in it, so nobody else may even enter it. */
export const folderOfV8 = (): string | undefined => {
  const cache = folder()
  return cache === undefined || ownFolder.user() === undefined ? cache : ownFolder.forCode(cache, ["v8"], hidden)
}

/** The largest entry that is read, bytes: far beyond any module, and no harm to the memory of a thread. A guess. */
const mostBytes = 64 * 2 ** 20

/** Opens an entry for `use`. Throws if there is none, if another user could have written it, or if it is no file of a usual size. */
const withEntry = <A>(path: string, use: (file: number) => A): A => {
  // a link is not followed, and a pipe not waited for; Windows has no such flags
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const user = ownFolder.user()
    const found = fstatSync(file)
    if (user !== undefined && !trust.isOwn(ownFolder.seenOf(found), user)) {
      throw new Error(`${path} is not a file of this user alone`)
    }
    if (!found.isFile() || found.size > mostBytes) throw new Error(`${path} is no entry: it has ${found.size} bytes`)
    return use(file)
  } finally {
    closeSync(file)
  }
}

/** The text of an entry. Throws if it may not be read. */
export const read = (path: string): string => withEntry(path, (file) => readFileSync(file, "utf8"))

/** The bytes of an entry, in pieces that are valid until the next one. Throws if it may not be read. */
export const readInPieces = (path: string, piece: (bytes: Uint8Array) => void): void =>
  withEntry(path, (file) => {
    const bytes = Buffer.allocUnsafe(2 ** 16)
    for (let read = 1; read > 0;) {
      read = readSync(file, bytes)
      piece(bytes.subarray(0, read))
    }
  })
