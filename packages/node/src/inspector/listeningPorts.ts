/**
 * The ports of this machine on which a process listens, as Linux tells them: its open sockets, looked up in the table of
 * listening ones. On other systems they are not known.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The state of a listening socket in `/proc/net/tcp`. */
const listening = "0A"

const inodesOf = (pid: number): ReadonlySet<string> => {
  const folder = `/proc/${pid}/fd`
  const inodes = new Set<string>()
  for (const name of readdirSync(folder)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1]
      if (inode !== undefined) inodes.add(inode)
    } catch {
      // it was closed meanwhile
    }
  }
  return inodes
}

/** `undefined` where they cannot be known. */
export const of = (pid: number): ReadonlySet<number> | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const inodes = inodesOf(pid)
    const ports = new Set<number>()
    for (const table of ["tcp", "tcp6"]) {
      const [, ...rows] = readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n")
      for (const row of rows) {
        const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
        if (state !== listening || !inodes.has(inode!)) continue
        ports.add(Number.parseInt(local!.slice(local!.lastIndexOf(":") + 1), 16))
      }
    }
    return ports
  } catch {
    return undefined
  }
}
