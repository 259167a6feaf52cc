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

/** The ports of the sockets with these inodes that listen. A row of another form is passed over. */
export const portsIn = (table: string, inodes: ReadonlySet<string>): ReadonlyArray<number> =>
  table.split("\n").flatMap((row) => {
    const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/)
    const port = /:([0-9A-Fa-f]{4})$/.exec(local)?.[1]
    return state === listening && inodes.has(inode) && port !== undefined ? [Number.parseInt(port, 16)] : []
  })

/** `undefined` where they cannot be known. */
export const of = (pid: number): ReadonlySet<number> | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const inodes = inodesOf(pid)
    const ports = new Set<number>()
    for (const table of ["tcp", "tcp6"]) {
      for (const port of portsIn(readFileSync(`/proc/${pid}/net/${table}`, "utf8"), inodes)) ports.add(port)
    }
    return ports
  } catch {
    return undefined
  }
}
