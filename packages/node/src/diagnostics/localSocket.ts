/**
 * The local sockets: one per served process, in a folder that only its owner may enter. The owner's tools ask there, without
 * a port.
 *
 * The path is `$XDG_RUNTIME_DIR/giveway/PID.sock`, which the system empties at logout, else `/tmp/giveway-UID/PID.sock`.
 *
 * **Invariant.** A folder that another user may write to is not used. In `/tmp` another user may have made the folder first, to
 * pose as this process.
 *
 * Decision 0072.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

const folderName = (): string => {
  const runtime = process.env["XDG_RUNTIME_DIR"]
  return runtime === undefined || runtime === ""
    ? join(tmpdir(), `giveway-${userInfo().uid}`)
    : join(runtime, "giveway")
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // another user's process has that number
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** The folder, made if it is not there. Throws if it belongs to another user. */
const folder = (): string => {
  const path = folderName()
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== userInfo().uid)
    throw new Error(`${path} is not a folder of this user: remove it, or set XDG_RUNTIME_DIR`)
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700)
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

/** The sockets of live processes. Sockets that dead processes left are removed. */
export const list = (): ReadonlyArray<Found> => {
  const path = folderName()
  const found: Array<Found> = []
  for (const name of namesIn(path)) {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(pid)) continue
    const socket = join(path, name)
    if (isAlive(pid)) found.push({ pid, path: socket })
    else rmSync(socket, { force: true })
  }
  return found.sort((a, b) => a.pid - b.pid)
}

/** The path of this process's socket, free to listen on. */
export const claim = (): string => {
  const path = join(folder(), `${process.pid}.sock`)
  // an earlier process of this number may have left one
  rmSync(path, { force: true })
  list()
  return path
}

export const release = (path: string): void => rmSync(path, { force: true })
