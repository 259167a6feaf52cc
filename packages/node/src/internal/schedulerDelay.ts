/**
 * How long the operating system made the main thread wait for a core, as Linux counts it.
 *
 * A thread that waits for a core holds no loop: without this, every busy machine would look like a stall. Reading costs
 * about 10 µs. Where there is no such file (other systems, some containers) the answer is 0, and such stalls are blamed
 * on whatever ran.
 */
import { closeSync, openSync, readSync } from "node:fs"

export interface SchedulerDelay {
  /** total so far, in ms */
  readonly read: () => number
}

const none: SchedulerDelay = { read: () => 0 }

/** On Linux the main thread's id is that of the process. */
export const ofMainThread = (): SchedulerDelay => {
  if (process.platform !== "linux") return none
  try {
    // Node closes what a thread has opened when it ends
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r")
    const buffer = Buffer.alloc(64)
    const read = (): number => {
      const length = readSync(file, buffer, 0, buffer.length, 0)
      // time on a core, time waiting for one, both in ns, and the number of times it got one
      return Number(buffer.toString("latin1", 0, length).split(" ")[1]) / 1e6
    }
    if (Number.isFinite(read())) return { read }
    closeSync(file)
    return none
  } catch {
    return none
  }
}
