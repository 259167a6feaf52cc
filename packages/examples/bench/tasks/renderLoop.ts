/**
 * A bare thread that computes thumbnails and does nothing else: no service, no pool, no messages. What several of them
 * manage beside each other is the limit of the machine for this computation.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import { photographs } from "../../src/thumbnails/photographs.ts"
import { render } from "../../src/thumbnails/thumbnail.ts"

/** What the thread is told. Times in ms; the paths of the images are those of the load. */
export interface RenderLoop {
  readonly warmupMs: number
  readonly measureMs: number
  readonly widths: ReadonlyArray<number>
}

const { measureMs, warmupMs, widths } = workerData as RenderLoop
const images = photographs.map(({ path }) => new Uint8Array(readFileSync(path)))

let done = 0
const work = (ms: number): number => {
  const before = done
  for (const end = performance.now() + ms; performance.now() < end; done++) {
    const width = widths[Math.floor(done / images.length) % widths.length]!
    Effect.runSync(render({ image: images[done % images.length]!, width }))
  }
  return done - before
}

work(warmupMs)
parentPort!.postMessage(work(measureMs))
