/**
 * The thread block of this thread. It exists from the start, so that a watcher may come at any time.
 */
import * as threadBlock from "./threadBlock.ts"

export const block = threadBlock.make()
