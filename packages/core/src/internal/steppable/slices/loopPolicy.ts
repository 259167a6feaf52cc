/**
 * When compiled code gives way on a thread with an event loop: when the scheduler says that its slice is over, or when the
 * watching thread cuts its budget short. The policy tells the watching thread when the slice is due.
 */
import { block } from "../../sharedMemory/ownBlock.ts"
import * as threadBlock from "../../sharedMemory/threadBlock.ts"
import type { Policy } from "./budget.ts"
import { clockPolicy } from "./budget.ts"
import { enterSteps, sliceDue, sliceOver } from "./sliceClock.ts"

const policy = clockPolicy(
  (slice) => {
    if (sliceOver(slice)) return true
    threadBlock.callWatcher(block)
    return false
  },
  (slice) => {
    enterSteps()
    threadBlock.setStepsDue(block, performance.timeOrigin + sliceDue(slice))
  },
  () => threadBlock.setStepsDue(block, 0)
)

/** One policy for all activations of the thread: only one runs at a time. */
export const loopPolicy: Policy = { ...policy, waits: true }
