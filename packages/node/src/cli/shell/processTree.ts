/**
 * A process and all that it has started, to be ended together. To kill a watcher (`node --watch`) or a shell alone would leave its
 * program behind.
 */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

/** Each process with its parent. */
type Parents = ReadonlyArray<readonly [pid: number, parent: number]>

const parentsInProc = (): Parents =>
  readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      // "123 (its name) S 45 …", and the name may have brackets and spaces
      const stat = readFileSync(`/proc/${name}/stat`, "latin1")
      return [[Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])] as const]
    } catch {
      // it has ended meanwhile
      return []
    }
  })

const parentsByPs = (): Parents =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => {
      const [pid, parent] = line.trim().split(/\s+/)
      return [Number(pid), Number(parent)] as const
    })

const parents = (): Parents => {
  try {
    return process.platform === "linux" ? parentsInProc() : parentsByPs()
  } catch {
    // nobody says who started what
    return []
  }
}

/** The process and its descendants, the oldest first. */
export const membersOf = (root: number, all: Parents): ReadonlyArray<number> => {
  const members = [root]
  for (const member of members) {
    for (const [pid, parent] of all) if (parent === member && !members.includes(pid)) members.push(pid)
  }
  return members
}

/** Ends all of them at once. Those that have ended already are passed over. */
export const kill = (root: number): void => {
  if (process.platform === "win32") {
    try {
      execFileSync("taskkill", ["/pid", String(root), "/T", "/F"], { stdio: "ignore" })
    } catch {
      // it has ended
    }
    return
  }
  for (const pid of membersOf(root, parents())) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // it has ended
    }
  }
}
