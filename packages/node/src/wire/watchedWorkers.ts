/**
 * The compute workers of this process that are watched, for the thread that answers when main cannot.
 *
 * A pool and the diagnostics begin and end at different times, so neither holds the other. The pool adds its workers here,
 * and a listener hears of the workers that were added before it came, too.
 */
import type * as Sysmon from "@giveway/core/Sysmon"

/** One worker; `buffers` is `undefined` when it has ended. */
export interface WatchedWorker {
  /** tells workers of several pools apart */
  readonly key: number
  /** its number in its pool */
  readonly worker: number
  readonly buffers: Sysmon.WorkerBuffers | undefined
}

type Listener = (watched: WatchedWorker) => void

const workers = new Map<number, WatchedWorker>()
const listeners = new Set<Listener>()
let lastKey = 0

const tell = (watched: WatchedWorker): void => {
  for (const listener of listeners) listener(watched)
}

/** Adds a worker, until the returned function is called. */
export const add = (worker: number, buffers: Sysmon.WorkerBuffers): (() => void) => {
  const key = ++lastKey
  const watched: WatchedWorker = { key, worker, buffers }
  workers.set(key, watched)
  tell(watched)
  return () => {
    if (workers.delete(key)) tell({ key, worker, buffers: undefined })
  }
}

/** `listener` hears of the workers that are there, and of each that comes or ends. */
export const listen = (listener: Listener): (() => void) => {
  for (const watched of workers.values()) listener(watched)
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
