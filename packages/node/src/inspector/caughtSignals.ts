/**
 * Which signals a process handles, as Linux tells them. On other systems that is not known.
 */
import { readFileSync } from "node:fs"
import { constants } from "node:os"

/** Whether the text of `/proc/PID/status` says that the process handles a signal; `undefined` if it does not say. */
export const isCaught = (status: string, signal: number): boolean | undefined => {
  const mask = /^SigCgt:\s*([0-9a-f]{1,32})$/im.exec(status)?.[1]
  return mask === undefined ? undefined : ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}

/** Whether a process handles a signal, which would end it otherwise; `undefined` where that is not known. */
export const handles = (pid: number, signal: "SIGUSR1"): boolean | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    return isCaught(readFileSync(`/proc/${pid}/status`, "utf8"), constants.signals[signal])
  } catch {
    // it has ended, and the signal will say so
    return undefined
  }
}
