/**
 * Programs under `Giveway.runMain` in each of its forms, or under Effect's own for comparison, run by `Giveway.test.ts` as
 * processes of their own. The last line says how many threads were started.
 */
import { Compute } from "@giveway/core"
import { Giveway } from "@giveway/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { double } from "./main.ts"

let threads = 0
process.on("worker", () => threads++)
process.on("exit", () => console.log(`${threads} threads`))

const up = Console.log("up")
const fails = Effect.andThen(up, Effect.fail(new Error("nothing works")))
const job = Effect.flatMap(Compute.run(double, 21), (n) => Console.log(`the answer is ${n}`))
const quiet = { disableErrorReporting: true }
const teardown = { teardown: (_exit: unknown, onExit: (code: number) => void) => onExit(7) }
const compute = { maxWorkers: 1 }

const forms: Readonly<Record<string, () => void>> = {
  bare: () => up.pipe(Giveway.runMain),
  none: () => up.pipe(Giveway.runMain()),
  quiet: () => fails.pipe(Giveway.runMain({ ...quiet, compute })),
  teardown: () => Giveway.runMain(up, { ...teardown, compute }),
  "teardown last": () => up.pipe(Giveway.runMain({ ...teardown, compute })),
  cli: () => up.pipe(Giveway.runMain({ profile: "cli" })),
  "cli with a job": () => Giveway.runMain(job, { profile: "cli", compute }),
  "cli that is watched": () => Giveway.runMain(up, { profile: "cli", compute: { minWorkers: undefined }, sysmon: {} }),
  unwatched: () => Giveway.runMain(up, { sysmon: false, compute: { minWorkers: 0, standby: false } }),
  misspelt: () => up.pipe(Giveway.runMain({ ...quiet, profil: "cli" } as object)),
  wrong: () => Giveway.runMain(up, { ...quiet, sysmon: 4 as never }),
  "wrong part": () => Giveway.runMain(up, { compute: { maxWorker: 4 } as object })
}

const effects: Readonly<Record<string, () => void>> = {
  bare: () => up.pipe(NodeRuntime.runMain),
  quiet: () => fails.pipe(NodeRuntime.runMain(quiet)),
  teardown: () => NodeRuntime.runMain(up, teardown)
}

if (import.meta.main) {
  const [form = "bare", of] = process.argv.slice(2)
  ;(of === "effect" ? effects : forms)[form]!()
}
