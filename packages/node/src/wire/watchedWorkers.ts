/**
 * The compute workers of this process that are watched, for the thread that answers when main cannot.
 *
 * Pools and whoever serves the process begin and end at different times, so neither has the other: the pool says here
 * what there is, and whoever listens hears what there was before, too.
 */
import type * as Sysmon from "@giveway/core/Sysmon"

/** `buffers`: `undefined` when it has ended. */
export interface Told {
  /** tells workers of several pools apart */
  readonly key: number
  /** its number in its pool */
  readonly worker: number
  readonly buffers: Sysmon.WorkerBuffers | undefined
}

type Listener = (told: Told) => void

const workers = new Map<number, Told>()
const listeners = new Set<Listener>()
let lastKey = 0

const tell = (told: Told): void => {
  for (const listener of listeners) listener(told)
}

/** There is one more, until the returned function is called. */
export const add = (worker: number, buffers: Sysmon.WorkerBuffers): (() => void) => {
  const key = ++lastKey
  const told: Told = { key, worker, buffers }
  workers.set(key, told)
  tell(told)
  return () => {
    if (workers.delete(key)) tell({ key, worker, buffers: undefined })
  }
}

/** Hears of those that are there, and of each that comes or goes. */
export const listen = (listener: Listener): (() => void) => {
  for (const told of workers.values()) listener(told)
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
