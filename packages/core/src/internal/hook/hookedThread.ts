/**
 * The state of the fiber hook: one for each thread. `fiberHook.ts` writes it at each slice; the rest of this room, and the code
 * that watches stalls, reads it.
 */
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import { block } from "../sharedMemory/ownBlock.ts"
import * as usage from "../sharedMemory/usage.ts"
import type { AnyFiber } from "./innards.ts"
import * as fiberTable from "./fiberTable.ts"
import * as labels from "./labels.ts"

/** The facts that the hook records about this thread. */
interface HookedThread {
  readonly block: ThreadBlock
  readonly table: fiberTable.FiberTable
  readonly labels: labels.Labels
  readonly accounts: usage.Accounts
  /** the fibers whose run loops are on the stack, outermost first; entries from `depth` on mean nothing */
  readonly running: Array<AnyFiber | undefined>
  depth: number
  /** slices since the process began */
  slices: number
  /** the cells named by {@link Times}; in shared memory, since the thread that watches a worker reads the total */
  readonly times: Float64Array<SharedArrayBuffer>
}

/** Cells of `HookedThread.times`: plain numbers would be boxed anew at each store. */
export const Times = {
  /** the last boundary between slices */
  boundary: 0,
  /** longest self time within the outermost slice so far */
  top: 1,
  /** since when the fiber that the scheduler resumes now was ready; 0 if something else resumes it */
  readySince: 2,
  /** self time of all fibers since the process began */
  total: 3,
  /** duration of all long outermost slices since the process began */
  long: 4,
  /** after how many ms the fiber that runs asked to be woken in this slice; 0 if it did not */
  sleep: 5,
  /** time in the outermost slice that fibers of the program spent under a name of Giveway's own, before they left it */
  own: 7,
  /** 1 while nothing but the scheduler has run since the last boundary */
  adjoins: 6
} as const

/** This thread, as the hook sees it. */
export const thread: HookedThread = {
  block,
  table: fiberTable.make(),
  labels: labels.make(),
  accounts: usage.make(),
  running: [],
  depth: 0,
  slices: 0,
  times: new Float64Array(new SharedArrayBuffer(Object.keys(Times).length * Float64Array.BYTES_PER_ELEMENT))
}

export { now } from "../sharedMemory/clock.ts"
