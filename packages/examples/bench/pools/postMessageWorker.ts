/**
 * A bare worker: answers each message.
 */
import { parentPort, workerData } from "node:worker_threads"
import { functions } from "./jobs.ts"
import { poster } from "./postMessage.ts"
import type { Posting, Request, Response } from "./postMessage.ts"

const answer = poster<Response>(workerData as Posting, (responses) => parentPort!.postMessage(responses))

parentPort!.on("message", (requests: ReadonlyArray<Request>) => {
  for (const [id, name, payload] of requests) {
    answer([id, (functions[name] as (payload: unknown) => unknown)(payload)])
  }
})
