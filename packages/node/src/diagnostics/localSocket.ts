/**
 * Where a process can be asked by its owner, without a port: one socket per process, in a folder that only its owner may
 * enter.
 *
 * `$XDG_RUNTIME_DIR/giveway/PID.sock`, which the system empties at logout, else `/tmp/giveway-UID/PID.sock`.
 *
 * **Invariant.** A folder that is not ours alone is not used: in `/tmp` anybody may have made it first, to answer in our
 * place.
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
    // somebody else's process has that number
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** The folder, made if it is not there. Throws if somebody else could write to it. */
const folder = (): string => {
  const path = folderName()
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== userInfo().uid) throw new Error(`${path} is not a folder of this user's`)
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700)
  return path
}

/** A process that can be asked. */
export interface Found {
  readonly pid: number
  readonly path: string
}

const namesIn = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch {
    // there is none: no process of this user's has ever been served
    return []
  }
}

/** The sockets of live processes; those that dead ones have left are removed. */
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
  // a process that had this number before has left it
  rmSync(path, { force: true })
  list()
  return path
}

export const release = (path: string): void => rmSync(path, { force: true })
