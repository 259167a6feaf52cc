/**
 * The block of this thread in shared memory: what it runs, for whoever watches it. It exists from the start, so that a
 * watcher may come at any time.
 */
import * as sharedMemory from "./threadBlock.ts"

export const block = sharedMemory.make()
