/**
 * Lowers the priority of the calling thread, so that a saturated pool leaves the event loop its core at once.
 *
 * Linux keeps a nice value per thread, and `setpriority` takes a thread id where POSIX says process; elsewhere the call
 * would lower the whole process, so nothing is done there.
 *
 * It cannot be undone: only a privileged process may raise a priority. So a worker keeps it for its end too.
 */
import { readlinkSync } from "node:fs"
import { setPriority } from "node:os"

/** The number that Linux gives the calling thread; `undefined` where there is none, or no `/proc` to ask. */
export const ownId = (): number | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    return readOwnId()
  } catch {
    return undefined
  }
}

/** Returns why it failed, `undefined` if it did not. */
export const lower = (nice: number): string | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    setPriority(readOwnId(), nice)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The link reads "<process>/task/<thread>". */
const readOwnId = (): number => Number(readlinkSync("/proc/thread-self").split("/").at(-1))
