/**
 * Starts the service of the isolation benchmarks (`isolationServer.ts`), and loads it.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { LoadPlan, LoadResult } from "../../src/load/LoadReport.ts"
import { runLoad } from "../../src/load/runLoad.ts"
import type { Variant } from "./isolationVariants.ts"

/** Requests a second; why no more: docs/decisions/0041-load-generator.md */
const lightPerSecond = 400

interface Started {
  readonly port: number
  /** from the start of the pool to the result of its first job, a small one */
  readonly firstJobMs: number
}

/** Starts it in a process of its own. */
export const startServer = async (variant: Variant) => {
  const script = fileURLToPath(new URL("./isolationServer.ts", import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(variant)], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const started = await new Promise<Started>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The service ended with ${code} before it listened`)))
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line)) as Started))
  })
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve)
      child.stdin.end()
    })
  return { ...started, stop }
}

/** Light requests on their schedule, and `heavyConnections` that always want a job. */
export const load = (port: number, measureMs: number, heavyConnections: number): Promise<LoadResult> => {
  const plan: LoadPlan = {
    drainMs: 10_000,
    heavyConnections,
    heavyPaths: ["/work"],
    heavyPerSecond: 0,
    host: "127.0.0.1",
    lightConnections: 256,
    lightPath: "/ping",
    lightPerSecond,
    measureMs,
    port,
    statsPath: "/stats",
    warmupMs: 1000
  }
  return Effect.runPromise(runLoad(plan, () => Effect.void).pipe(Effect.provide(NodeServices.layer)))
}
