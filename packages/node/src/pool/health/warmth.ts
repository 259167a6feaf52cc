/**
 * Which workers could not be warmed up for a task, and why.
 *
 * Such a worker runs jobs all the same: another task may need neither that module nor that layer. But the pool is not ready,
 * since the jobs that the warm-up was for fail.
 *
 * **Invariant**: a failure is forgotten when a job of its task has succeeded on that worker, or the worker has ended. So a
 * server that could not be reached at the start does not keep the pool from ever being ready.
 */
import type { ColdTask, JobRequest } from "@giveway/core/Platform"
import { thrownText, unpack } from "@giveway/core/Platform"

export class Warmth {
  private readonly cold = new Map<number, Array<ColdTask>>()

  /** Hot. */
  get hasCold(): boolean {
    return this.cold.size > 0
  }

  /** Why the pool is not ready. */
  get failure(): Error | undefined {
    for (const [first] of this.cold.values()) if (first !== undefined) return failureOf(first)
    return undefined
  }

  /** Returns the warning. */
  add(worker: number, task: ColdTask): string {
    const tasks = this.cold.get(worker)
    if (tasks === undefined) this.cold.set(worker, [task])
    else tasks.push(task)
    return `Compute worker ${worker}: it could not warm up for task "${task.name}": ${thrownText(unpack(task.cause))}. It runs jobs without that`
  }

  /** A job succeeded. */
  ran(worker: number, { moduleUrl, name }: Pick<JobRequest, "moduleUrl" | "name">): void {
    const left = this.cold.get(worker)?.filter((task) => task.name !== name || task.moduleUrl !== moduleUrl)
    if (left === undefined) return
    if (left.length === 0) this.cold.delete(worker)
    else this.cold.set(worker, left)
  }

  /** The worker has ended. */
  delete(worker: number): void {
    this.cold.delete(worker)
  }
}

const failureOf = ({ cause, name }: ColdTask): Error => {
  const thrown = unpack(cause)
  const text = thrown instanceof Error ? thrown.message : thrownText(thrown)
  return new Error(`task "${name}" could not be warmed up: ${text}`, { cause: thrown })
}
