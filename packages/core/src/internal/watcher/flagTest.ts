/**
 * Does optimised code see, by plain loads, what another thread stores? The language does not promise it: a compiler may
 * load a cell once and keep it. The watcher can end an overdue slice only if V8 does not.
 *
 * So once, when compiled code is first seen to run, the watcher asks the thread to cut a budget of its own in a few
 * milliseconds, and meanwhile runs a loop as compiled code has it, warmed up before. It is the watcher's thread that
 * loops, since the same engine compiles both and the other one has better things to do: it pays for a message and a timer.
 *
 * If the loop does not see it, slices end by the clock alone, as they do without a watcher, and that is said.
 */
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** The thread cuts the budget so long after it was asked, ms: when the loop runs for sure. */
export const delayMs = 5

/** How long the loop waits for it, ms: the thread's event loop may be slow. */
const patienceMs = 50

/** Chunks of the loop in each of the rounds that warm it up, and the rounds. V8 has optimised it after one or two. */
const warmUp = { chunks: 4000, rounds: 4 }

/** Some chunks of work, with a yield point after each: was the budget seen to be cut short? */
const work = (budget: Int32Array, chunks: number): boolean => {
  let x = 1
  for (let chunk = 0; chunk < chunks; chunk++) {
    for (let i = 0; i < 256; i++) x = (x * 31 + i) | 0
    if (budget[0]! < 0) return true
  }
  // never, but V8 does not know that, and so has to compute it
  return x === 0.5
}

/** Warms the loop up; returns how many chunks of it the thread's answer may take. */
export const prepare = (): number => {
  const quiet = new Int32Array(new SharedArrayBuffer(4))
  let chunksPerMs = 0
  for (let round = 0; round < warmUp.rounds; round++) {
    const begun = performance.now()
    work(quiet, warmUp.chunks)
    chunksPerMs = warmUp.chunks / Math.max(0.1, performance.now() - begun)
  }
  return Math.ceil(chunksPerMs * patienceMs)
}

/** Runs the loop until it sees the cut; `undefined` if there was none to be seen. */
export const run = (block: ThreadBlock, chunks: number): boolean | undefined => {
  // seen at once, it would prove nothing
  if (threadBlock.isTestCut(block)) return undefined
  if (work(threadBlock.testBudgetOf(block), chunks)) return true
  return threadBlock.isTestCut(block) ? false : undefined
}
