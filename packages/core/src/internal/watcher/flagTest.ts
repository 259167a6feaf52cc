/**
 * Does optimised code see another thread's stores by plain loads? The language does not promise it: a compiler may
 * load a cell once and keep it. The watcher can end an overdue slice only if V8 does not do that.
 *
 * So there is one test, when compiled code is first seen to run. The watcher asks the thread to cut the test's own budget
 * in a few milliseconds. Meanwhile it runs a loop with yield points as compiled code has them, warmed up before. The loop
 * runs in the watcher's thread, since the same engine compiles both: the watched thread pays for a message and a timer.
 *
 * If the loop does not see the cut, slices end by the clock alone, as they do without a watcher, and a message says so.
 */
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import type { Watch } from "./sliceWatch.ts"

/** The thread cuts the budget so long after it was asked, ms: by then the loop runs. */
export const delayMs = 5

/** How long the loop waits for the cut, ms: the thread's event loop may be slow. */
const patienceMs = 50

/** The loop is warmed up by this many rounds of this many chunks. V8 has optimised it after one or two rounds. */
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

/**
 * Prepares {@link test}: warms its loop up, and returns how many chunks of it the thread's answer may take. To be called
 * before `Test` is told. Takes about 5 ms.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
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

/**
 * Whether plain loads of compiled code see another thread's stores. To be called once the thread has answered `Test`
 * with `Testing`; takes up to 50 ms. `false` ends the cutting short of slices.
 *
 * `undefined` if the test says nothing: the thread was too slow, or the loop saw nothing for the first time. This thread may
 * have been kept waiting between the loop and the look at the cut; only a second time rules that out.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
export const test = (watch: Watch, block: ThreadBlock, chunks: number): boolean | undefined => {
  // a cut that is there already would prove nothing
  if (threadBlock.isTestCut(block)) return undefined
  if (work(threadBlock.testBudgetOf(block), chunks)) return true
  if (!threadBlock.isTestCut(block)) return undefined
  watch.missed++
  if (watch.missed < mostMissed) return undefined
  watch.heard = false
  return false
}

/** The loop has to miss the cut so often before slices are left to the clock. */
const mostMissed = 2
