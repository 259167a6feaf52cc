/**
 * When V8 collected garbage on this thread, for a while back. Node tells of each collection when it is over, some turns of
 * the loop later; it costs 5 to 10 µs a collection.
 */
import { PerformanceObserver } from "node:perf_hooks"

/** From when to when, in ms of the shared clock. */
export interface Collection {
  readonly from: number
  readonly to: number
}

/** Collections that are kept until they are asked for: those of some seconds of a program that allocates much. */
const kept = 256

export interface Garbage {
  /** those since it was asked last */
  readonly take: () => ReadonlyArray<Collection>
  readonly stop: () => void
}

export const observe = (): Garbage => {
  let found: Array<Collection> = []
  const note = (entries: ReadonlyArray<{ readonly startTime: number; readonly duration: number }>): void => {
    for (const { duration, startTime } of entries) {
      const from = performance.timeOrigin + startTime
      found.push({ from, to: from + duration })
    }
    if (found.length > kept) found = found.slice(-kept)
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ entryTypes: ["gc"] })
  return {
    take: () => {
      note(observer.takeRecords())
      const taken = found
      found = []
      return taken
    },
    stop: () => observer.disconnect()
  }
}
