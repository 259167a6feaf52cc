/**
 * Lowers the priority of the calling thread, so that a saturated pool leaves the event loop its core at once.
 *
 * Linux keeps a nice value per thread, and `setpriority` takes a thread id where POSIX says process; elsewhere the call
 * would lower the whole process, so nothing is done there.
 *
 * It cannot be undone: only a privileged process may raise a priority. So a worker keeps it for its end too.
 */
import { readlinkSync } from "node:fs"
import { getPriority, setPriority } from "node:os"

/** The number that Linux gives the calling thread; `undefined` where there is none, or no `/proc` to ask. */
export const ownId = (): number | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    return readOwnId()
  } catch {
    return undefined
  }
}

/** Does nothing where that is refused: see {@link refusal}. */
export const lower = (nice: number): void => {
  try {
    if (process.platform === "linux") setPriority(readOwnId(), nice)
  } catch {
    // a container may forbid the call
  }
}

/** Why the priority of the calling thread cannot be lowered, if so. It is set to the one that it has. */
export const refusal = (): string | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const thread = readOwnId()
    setPriority(thread, getPriority(thread))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The link reads "<process>/task/<thread>". */
const readOwnId = (): number => Number(readlinkSync("/proc/thread-self").split("/").at(-1))
