/**
 * Folders that only this user can write to, looked for and made on disk. `trust.ts` judges.
 *
 * **Invariant.** No link is followed: a folder's own path is resolved first, and each part below it has to be a folder.
 */
import type { Stats } from "node:fs"
import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Seen } from "./trust.ts"
import * as trust from "./trust.ts"

/**
 * The number of the user whose rights this process has; `undefined` on Windows. The user need not have a name: a container
 * may run under any number.
 */
export const user = (): number | undefined => process.geteuid?.()

export const seenOf = (stats: Stats): Seen => ({
  kind: stats.isDirectory() ? "folder" : stats.isFile() ? "file" : "other",
  uid: stats.uid,
  mode: stats.mode
})

/** The folder and all those above it, the root of the disk first. */
const upTo = (path: string): ReadonlyArray<string> => {
  const above = dirname(path)
  return above === path ? [path] : [...upTo(above), path]
}

const look = (path: string): Seen => seenOf(lstatSync(path))

/**
 * Makes `names` below `base`, one in the other, where they are missing, with this mode. Gives the path if code may lie there.
 * Nothing is made in a folder that others can exchange.
 */
export const forCode = (base: string, names: ReadonlyArray<string>, mode: number): string | undefined => {
  const own = user()
  if (own === undefined) return undefined
  try {
    let path = realpathSync(base)
    const seen = upTo(path).map(look)
    for (const name of names) {
      if (!seen.every((each) => trust.keepsEntries(each, own))) return undefined
      path = join(path, name)
      make(path, mode)
      seen.push(look(path))
    }
    return trust.mayHoldCode(seen, own) ? path : undefined
  } catch {
    // it is not there, cannot be made, or may not be looked at
    return undefined
  }
}

const make = (path: string, mode: number): void => {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
}

/** Whether nobody else can exchange what lies in a folder, or a folder above it. */
export const isKept = (path: string): boolean => {
  const own = user()
  return own === undefined || upTo(realpathSync(path)).every((each) => trust.keepsEntries(look(each), own))
}

/** Makes a folder that only this user can enter, if it is missing. Throws if it is no folder of this user. */
export const forSockets = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const own = user()
  // a change of the mode follows links, so nobody may put one there meanwhile
  if (own !== undefined && isKept(dirname(path))) {
    const found = lstatSync(path)
    if (found.isDirectory() && found.uid === own && (found.mode & 0o077) !== 0) chmodSync(path, 0o700)
  }
  if (!isUsers(path)) throw new Error(`${path} is not a folder of this user alone: remove it, or set XDG_RUNTIME_DIR`)
}

/** Whether it is a folder of this user, no link to one, into which nobody else can put anything. */
export const isUsers = (path: string): boolean => {
  try {
    const own = user()
    if (own === undefined) return lstatSync(path).isDirectory()
    return trust.mayHoldSockets(look(path), own)
  } catch {
    return false
  }
}

/** Whether it is a socket that this user has made, and no link to one. */
export const isUsersSocket = (path: string): boolean => {
  try {
    const found = lstatSync(path)
    return found.isSocket() && (user() === undefined || found.uid === user())
  } catch {
    return false
  }
}
