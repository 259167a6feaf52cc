/**
 * Lowers the priority of the calling thread, so that a saturated pool leaves the event loop its core at once.
 *
 * Linux keeps a nice value per thread, and `setpriority` takes a thread id where POSIX says process; elsewhere the call
 * would lower the whole process, so nothing is done there.
 */
import { readlinkSync } from "node:fs"
import { setPriority } from "node:os"

/** Returns why it failed, `undefined` if it did not. */
export const lower = (nice: number): string | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    // "<process>/task/<thread>"
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1))
    setPriority(thread, nice)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
