/**
 * The block of this thread in shared memory: what it runs, for whoever watches it. It exists from the start, so that a
 * watcher may come at any time.
 */
import * as threadBlock from "./threadBlock.ts"

export const block = threadBlock.make()
