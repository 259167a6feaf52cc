/**
 * The facts that the pool itself takes from an ending, beside passing it on to the job's caller.
 */
import type { Ending } from "@giveway/core/Platform"
import { thrownText, unpack } from "@giveway/core/Platform"

/**
 * Whether the ending of a job proves that its module can be imported. A cancelled job proves nothing: it may have been
 * cancelled while its module still loaded, perhaps for ever.
 */
export const provesImport = ({ _tag }: Ending): boolean => _tag !== "TaskModuleFailed" && _tag !== "Cancelled"

/** Why a worker ended that ran no job, for the log and for `PoolNotReady`. */
export const causeOf = (ending: Ending): Error => {
  switch (ending._tag) {
    case "JobDied": {
      const cause = unpack(ending.cause)
      return cause instanceof Error ? cause : new Error(thrownText(cause))
    }
    case "WorkerOutOfMemory":
      return new RangeError(`it needs more than its ${ending.limitMb} MiB of heap`)
    case "WorkerExited":
      return new Error(`it exited with code ${ending.code}`)
    default:
      return new Error(`it ended: ${ending._tag}`)
  }
}
