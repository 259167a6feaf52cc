/**
 * The modules that a worker imports to find tasks in them.
 *
 * **Invariant**: the tasks of a module whose import was begun here run only after it has succeeded. A module defines its tasks
 * one after another, and may fail, or wait for ever, behind the first of them. Whether a job, a warm-up or the preload of an
 * earlier worker's modules imports it makes no difference.
 */
import * as limits from "./limits.ts"

interface Load {
  readonly since: number
  readonly promise: Promise<void>
}

export class ModuleLoads {
  private readonly importModule: (url: string) => Promise<unknown>
  private readonly loading = new Map<string, Load>()
  /** begun, and not succeeded */
  private readonly unfinished = new Set<string>()

  constructor(importModule: (url: string) => Promise<unknown>) {
    this.importModule = importModule
  }

  /** Hot. Whether its tasks must not run, though they may be defined. */
  isUnfinished(url: string): boolean {
    return this.unfinished.has(url)
  }

  /** Rejects if the import fails, or after `limitMs`. The import itself goes on then. */
  load(url: string, limitMs: number): Promise<void> {
    const load = this.loading.get(url) ?? this.begin(url)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(limits.late(`the module ${url} has not loaded`, load.since, hint)),
        limits.leftMs(load.since, limitMs)
      )
      load.promise.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  private begin(url: string): Load {
    this.unfinished.add(url)
    const promise = this.importModule(url)
      .then(() => void this.unfinished.delete(url))
      .finally(() => this.loading.delete(url))
    const load = { since: performance.now(), promise }
    this.loading.set(url, load)
    return load
  }
}

const hint =
  "Most probably a top-level await, in it or in a module that it imports, waits for something that does not come: make that a layer of the task, with a timeout"
