/**
 * The thread block of this thread. It exists from the start, so that a watcher may come at any time. All copies of this
 * package write the same one: the number in its name stands for the layout in `threadBlock.ts`.
 */
import { shared } from "../copies/sharedState.ts"
import * as threadBlock from "./threadBlock.ts"

export const block = shared("threadBlock/1", threadBlock.make)
