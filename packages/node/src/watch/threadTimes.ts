/**
 * The times that Linux counts for a thread: on a core, of that in the kernel, and ready without a core; and the system call in which
 * it sleeps.
 *
 * A thread that waits for a core holds no loop. Without these times every busy machine would look like a stall. Each reading
 * reads two files in `/proc`, which takes some 20 µs. Where there are no such files (other systems, some containers) a
 * reading is `undefined`, and a wait for a core is blamed on the code that ran.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs"
import type * as Sysmon from "@giveway/core/Sysmon"

/** Reads the totals at `at`. */
type ThreadTimes = (at: number) => Sysmon.Reading | undefined

const none: ThreadTimes = () => undefined

/** `/proc` counts in hundredths of a second on every kernel: that is part of its interface (USER_HZ). */
const tickMs = 10

/** `stime` is so many fields of `stat` behind the state, which is the first field after the parenthesis that ends the name. */
const systemField = 11

/** A reading, if both files have the form that is known. `schedstat` has the time on a core, the time waiting for one, both in ns, and the number of times it got one. */
export const parsed = (at: number, schedstat: string, stat: string): Sysmon.Reading | undefined => {
  const [ran, waited] = schedstat.split(" ")
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [ranMs, systemMs, noCoreMs] = [count(ran) / 1e6, count(rest[systemField]) * tickMs, count(waited) / 1e6]
  return Number.isFinite(ranMs + systemMs + noCoreMs)
    ? { at, ranMs, systemMs, noCoreMs, asleep: state !== "R" }
    : undefined
}

/** A number as the kernel prints one. Anything else is NaN: `Number` would read blanks as 0. */
const count = (text: string | undefined): number =>
  text !== undefined && /^\d{1,20}\n?$/.test(text) ? Number(text) : Number.NaN

const reader = (path: string): (() => string) => {
  // Node closes the files of a thread when the thread ends
  const file = openSync(path, "r")
  const buffer = Buffer.alloc(512)
  try {
    readSync(file, buffer, 0, buffer.length, 0)
  } catch (error) {
    closeSync(file)
    throw error
  }
  return () => buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0))
}

const of = (folder: string): ThreadTimes => {
  if (process.platform !== "linux") return none
  try {
    const schedstat = reader(`${folder}/schedstat`)
    const stat = reader(`${folder}/stat`)
    const read: ThreadTimes = (at) => parsed(at, schedstat(), stat())
    return parsed(0, schedstat(), stat()) === undefined ? none : read
  } catch {
    return none
  }
}

let mainThread: ThreadTimes | undefined

/**
 * On Linux the main thread's id is that of the process. The files are opened once in each thread that asks, and stay open:
 * a process may build and dispose a thousand layers.
 */
export const ofMainThread = (): ThreadTimes => (mainThread ??= of(`/proc/self/task/${process.pid}`))

/** Numbers of the system calls with which a loop waits for events (`epoll_wait` and its kin), and with which a lock is waited for (`futex`). */
const calls: {
  readonly [arch in NodeJS.Architecture]?: { readonly polls: ReadonlyArray<string>; readonly lock: string }
} = {
  x64: { polls: ["232", "281", "441"], lock: "202" },
  arm64: { polls: ["22", "441"], lock: "98" }
}

/** When a thread last got or lost a core, as `sched` says it, in ms of the kernel's own clock. */
const execStart = (text: string): number => Number(/^se\.exec_start\s*:\s*(\d+\.\d+)$/m.exec(text)?.[1] ?? Number.NaN)

/** `sched` of the thread and of this one, which has just got a core: by how many ms the thread has slept. */
const sleptMs = (): number | undefined => {
  try {
    const thread = execStart(readFileSync(`/proc/self/task/${process.pid}/sched`, "latin1"))
    const own = execStart(readFileSync("/proc/thread-self/sched", "latin1"))
    const ms = own - thread
    return ms >= 0 ? ms : undefined
  } catch {
    return undefined
  }
}

/** The call that `/proc/…/syscall` shows: "232 0x11 0x7ffd…", "running", or "-1 …" for a sleep in no call. */
export const callOf = (
  text: string
): { readonly call: string; readonly isPoll: boolean; readonly isLock: boolean } | undefined => {
  const known = calls[process.arch]
  const [number, argument] = text.split(" ")
  if (known === undefined || number === undefined || argument === undefined || !/^\d+$/.test(number)) return undefined
  return { call: `${number} ${argument}`, isPoll: known.polls.includes(number), isLock: number === known.lock }
}

/** The system call in which the main thread sleeps; `undefined` if it does not, or where that is not known. */
export const callOfMainThread = (): ((now: number) => Sysmon.SystemCall | undefined) => {
  if (process.platform !== "linux") return () => undefined
  try {
    const syscall = reader(`/proc/self/task/${process.pid}/syscall`)
    return (now) => {
      const found = callOf(syscall())
      if (found === undefined) return undefined
      return {
        ...found,
        since: () => {
          const ms = sleptMs()
          return ms === undefined ? undefined : now - ms
        }
      }
    }
  } catch {
    return () => undefined
  }
}

/** How long the calling thread has waited for a core, in ms; 0 where that is not known. */
export const ownWait = (): (() => number) => {
  if (process.platform !== "linux") return () => 0
  try {
    const schedstat = reader("/proc/thread-self/schedstat")
    const read = (): number => count(schedstat().split(" ")[1]) / 1e6
    return Number.isFinite(read()) ? read : () => 0
  } catch {
    return () => 0
  }
}

/** The times of a thread of this process that Linux knows by the number `id`. For a look now and then: it opens the files anew. */
export const ofThread = (id: number, at: number): Sysmon.Reading | undefined => {
  const file = (name: string): string => readFileSync(`/proc/self/task/${id}/${name}`, "latin1")
  try {
    return parsed(at, file("schedstat"), file("stat"))
  } catch {
    // it has ended, or this system has no such files
    return undefined
  }
}
