/**
 * The thread that makes the image of the workers' modules, beside the program: at the lowest priority, once, and then it ends. Its word is
 * `null`, or the reason why there is no image.
 *
 * Decision 0171.
 */
import { parentPort, workerData } from "node:worker_threads"
import type { Order } from "../image/current.ts"
import { make } from "../compiler/image/make.ts"
import * as threadPriority from "../wire/threadPriority.ts"

const lowest = 19

const { folder, key, maker, root } = workerData as Order
threadPriority.lower(lowest)
try {
  make(folder, key, root, maker)
  parentPort?.postMessage(null)
} catch (error) {
  parentPort?.postMessage(error instanceof Error ? error.message : String(error))
}
