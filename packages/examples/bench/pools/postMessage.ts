/**
 * The limit: what a message to a bare worker and back costs, with a number to find its promise by. `batched` collects
 * what one microtask turn sends into one message, on both sides. Not a pool: no queue, no errors, no ends of workers.
 */
import { Worker } from "node:worker_threads"
import { promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { Refused } from "./jobs.ts"

export type Posting = "each" | "batched"

/** `[number, name, payload]` */
export type Request = readonly [id: number, name: Job["name"], payload: unknown]

/** `[number, result]` */
export type Response = readonly [id: number, result: unknown]

/** Posts messages one by one, or all of a microtask turn together. */
export const poster = <M>(posting: Posting, post: (messages: ReadonlyArray<M>) => void): ((message: M) => void) => {
  if (posting === "each") return (message) => post([message])
  let batch: Array<M> = []
  const flush = (): void => {
    const messages = batch
    batch = []
    post(messages)
  }
  return (message) => {
    if (batch.push(message) === 1) queueMicrotask(flush)
  }
}

export const start =
  (posting: Posting): Start =>
  async ({ workers }) => {
    const waiting = new Map<number, (result: unknown) => void>()
    const threads = Array.from({ length: workers }, () => {
      const worker = new Worker(new URL("./postMessageWorker.ts", import.meta.url), { workerData: posting })
      worker.on("message", (responses: ReadonlyArray<Response>) => {
        for (const [id, result] of responses) {
          waiting.get(id)!(result)
          waiting.delete(id)
        }
      })
      return { worker, send: poster<Request>(posting, (requests) => worker.postMessage(requests)) }
    })
    let last = 0
    const run = ({ name, payload }: Job): Promise<unknown> =>
      new Promise((resolve) => {
        const id = ++last
        waiting.set(id, resolve)
        threads[id % workers]!.send([id, name, payload])
      })
    const close = () => Promise.all(threads.map(({ worker }) => worker.terminate()))
    return { run, lane: promiseLane(run), Refused, close }
  }
