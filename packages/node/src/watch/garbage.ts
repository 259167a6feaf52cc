/**
 * The times at which V8 collected garbage on this thread. Node reports a collection after its end, some turns of the loop
 * later. A report costs 5 to 10 µs.
 */
import { PerformanceObserver } from "node:perf_hooks"

/** Begin and end, in ms of the shared clock. */
interface Collection {
  readonly from: number
  readonly to: number
}

/** So many collections are kept until {@link Garbage.take}: those of some seconds of a program that allocates much. */
const kept = 256

interface Garbage {
  /** the collections since the last call */
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
