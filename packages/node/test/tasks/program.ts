/**
 * A whole program: runs a job, and closes its pool if it is told to.
 */
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { ManagedRuntime } from "effect"
import { add } from "./jobs.ts"

const runtime = ManagedRuntime.make(NodeCompute.layer({ maxWorkers: 2 }))
console.log(await runtime.runPromise(Compute.run(add, { a: 1, b: 2 })))
if (process.argv[2] === "dispose") await runtime.dispose()
