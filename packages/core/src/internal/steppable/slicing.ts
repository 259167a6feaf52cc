/**
 * When compiled code gives way on a thread with an event loop: when its slice is over by the scheduler's word, or when the
 * watching thread, which is told when that is due, cuts its budget short.
 */
import * as YieldPoint from "../../YieldPoint.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import { clockPolicy } from "./steppable.ts"
import { block } from "../sharedMemory/thread.ts"

/** One policy for all activations of the thread: only one runs at a time. */
export const policy = clockPolicy(
  (slice) => {
    if (YieldPoint.sliceOver(slice)) return true
    threadBlock.callWatcher(block)
    return false
  },
  (slice) => {
    YieldPoint.enterSteps()
    threadBlock.setStepsDue(block, performance.timeOrigin + YieldPoint.sliceDue(slice))
  },
  () => threadBlock.setStepsDue(block, 0)
)
