/**
 * Runs a job that needs all the heap there is, and prints how it ended. Argument: `maxHeapMb`.
 */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect } from "effect"
import { hog } from "../tasks/jobs.ts"

const program = Effect.match(Compute.run(hog, undefined), {
  onSuccess: () => "done",
  onFailure: ({ message }) => message
})
console.log(
  await Effect.runPromise(
    program.pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1, maxHeapMb: Number(process.argv[2]) })))
  )
)
