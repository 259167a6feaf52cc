/**
 * The module that `giveway doctor` loads (`--import`) into each Node process that it starts, and into their children: it starts
 * supervision before the program's own first module. Each stall of the main thread is written to a journal (`watch/journal.ts`).
 *
 * The program need not know Giveway or Effect. If it uses the same copy of Effect, its fibers are seen; otherwise a stall has a
 * line and no fiber.
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { isMainThread } from "node:worker_threads"
import * as journal from "../watch/journal.ts"
import * as lastWords from "../watch/lastWords.ts"
import { now } from "../wire/sharedClock.ts"

/** Longer than the heartbeat's period, ms: the beat after the program's last stall finds that stall. */
const lastBeatMs = 60

const watch = async (folder: string, threshold: string): Promise<void> => {
  const file = join(folder, `${process.pid}.jsonl`)
  const write = (line: string): void => appendFileSync(file, line)
  const Effect = await import("effect/Effect")
  const Layer = await import("effect/Layer")
  const Logger = await import("effect/Logger")
  const ManagedRuntime = await import("effect/ManagedRuntime")
  const Stream = await import("effect/Stream")
  const Supervision = await import("@giveway/core/Supervision")
  const NodeSysmon = await import("../NodeSysmon.ts")

  const layer = NodeSysmon.layer({ threshold: `${Number(threshold)} millis`, logs: false })
  const runtime = ManagedRuntime.make(Layer.provide(layer, Logger.layer([])))
  journal.current.file = file
  try {
    await runtime.runPromise(Effect.void)
  } catch (error) {
    write(journal.line({ _tag: "Unwatched", why: String(error) }))
    return
  } finally {
    journal.current.file = undefined
  }
  // the program's own time begins when this ends
  write(journal.line({ _tag: "Began", pid: process.pid, at: now(), command: process.argv.slice(1).join(" ") }))
  let written = 0
  const supervision = await runtime.runPromise(Effect.service(Supervision.Supervision))
  runtime.runFork(
    Stream.runForEach(supervision.starvation, (stall) =>
      Effect.sync(() => {
        written = Math.max(written, stall.id)
        write(journal.stalled(stall))
      })
    )
  )
  let rested = false
  process.on("beforeExit", () => {
    if (rested) return
    rested = true
    setTimeout(() => {}, lastBeatMs)
  })
  process.on("exit", () => {
    lastWords.hear()
    for (const stall of Effect.runSync(supervision.recent)) {
      if (stall.id > written) write(journal.stalled(stall))
    }
    write(journal.linted(Effect.runSync(supervision.lints)))
  })
}

const { GIVEWAY_DOCTOR: folder, GIVEWAY_DOCTOR_BUDGET: budget = "20" } = process.env
if (isMainThread && folder !== undefined) await watch(folder, budget)
