/**
 * The times that Linux counts for a thread: on a core, of that in the kernel, and ready without a core.
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
