/**
 * The local sockets: one per served process, in a folder that only its owner may enter. The owner's tools ask there, without
 * a port.
 *
 * The path is `$XDG_RUNTIME_DIR/giveway/PID.sock`, which the system empties at logout. If that is not set, cannot be used, or
 * is too long for a socket, the path is `giveway-UID/PID.sock` in the temporary folder. Tools look at both.
 *
 * **Invariant.** A folder of another user is not used, neither to listen nor to ask: in `/tmp` another user may have made the folder
 * first, to pose as this process. Nothing is asked there but sockets that this user has made. They are removed only where nobody else
 * could put another folder in the place of this one meanwhile.
 *
 * Decisions 0072, 0117, 0122.
 */
import { readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ownFolder from "../folders/ownFolder.ts"

/** The bytes that a socket's path may have: the kernel's structure has one more, for the zero at the end. */
const longestPath = process.platform === "linux" ? 107 : 103

/** The folders in which sockets may lie, the best first. */
export const foldersIn = (
  environment: NodeJS.ProcessEnv,
  user: number | undefined,
  temporary: string
): ReadonlyArray<string> => {
  const runtime = environment["XDG_RUNTIME_DIR"]
  const own = `giveway-${user ?? "user"}`
  const folders = runtime === undefined || runtime === "" ? [] : [join(runtime, "giveway")]
  return [...folders, join(temporary, own)]
}

const folders = (): ReadonlyArray<string> => foldersIn(process.env, ownFolder.user(), tmpdir())

/** The folder in which this process's socket lies if nothing speaks against it. */
export const folder = (): string => folders()[0]!

/** Whether there is a process of this number. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // another user's process has that number
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** The path of this process's socket in `folder`, free to listen on. Throws if the folder cannot be used. */
const claimIn = (folder: string): string => {
  const path = join(folder, `${process.pid}.sock`)
  const bytes = Buffer.byteLength(path)
  if (bytes > longestPath) {
    throw new Error(`the path ${path} has ${bytes} bytes, and a socket's path may have ${longestPath}`)
  }
  ownFolder.forSockets(folder)
  // an earlier process of this number may have left one
  rmSync(path, { force: true })
  return path
}

/** A served process and its socket. */
export interface Found {
  readonly pid: number
  readonly path: string
}

const namesIn = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch {
    // there is no folder: no process of this user has ever been served
    return []
  }
}

const remove = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // another tool of this user is quicker, or the disk is read-only
  }
}

const listIn = (folder: string): ReadonlyArray<Found> => {
  if (!ownFolder.isUsers(folder)) return []
  const found: Array<Found> = []
  for (const name of namesIn(folder)) {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(pid)) continue
    const path = join(folder, name)
    if (!ownFolder.isUsersSocket(path)) continue
    if (isAlive(pid)) found.push({ pid, path })
    else if (ownFolder.isKept(folder)) remove(path)
  }
  return found
}

/** The sockets of live processes. Sockets that dead processes left are removed. */
export const list = (): ReadonlyArray<Found> => {
  const found = new Map<number, Found>()
  for (const each of folders().flatMap(listIn)) if (!found.has(each.pid)) found.set(each.pid, each)
  return Array.from(found.values()).sort((a, b) => a.pid - b.pid)
}

/** The path of this process's socket, free to listen on. Throws the first reason if there is no folder for it. */
export const claim = (): string => {
  const reasons: Array<unknown> = []
  for (const folder of folders()) {
    try {
      const path = claimIn(folder)
      list()
      return path
    } catch (reason) {
      reasons.push(reason)
    }
  }
  throw reasons[0]
}

export const release = remove
