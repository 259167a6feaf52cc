/**
 * The module that `giveway doctor` loads (`--import`) into each Node process that it starts, and into their children: it starts
 * supervision before the program's own first module. Each stall of the main thread is written to a journal (`watch/journal.ts`).
 *
 * The program need not know Giveway or Effect. If it uses the same copy of Effect, its fibers are seen; otherwise a stall has a
 * line and no fiber.
 */
import { join } from "node:path"
import { isMainThread } from "node:worker_threads"
import type * as Starvation from "@giveway/core/Starvation"
import * as journal from "../watch/journal.ts"
import * as lastWords from "../watch/lastWords.ts"
import { followLoaders } from "../watch/mappedStack.ts"
import { surroundings } from "../watch/surroundings.ts"
import { now } from "../wire/sharedClock.ts"

/** Longer than the heartbeat's period, ms: the beat after the program's last stall finds that stall. */
const lastBeatMs = 60

const watch = async (folder: string, threshold: string): Promise<void> => {
  const file = join(folder, `${process.pid}.jsonl`)
  const write = (line: string): void => journal.append(file, line)
  const Effect = await import("effect/Effect")
  const Layer = await import("effect/Layer")
  const Logger = await import("effect/Logger")
  const ManagedRuntime = await import("effect/ManagedRuntime")
  const Stream = await import("effect/Stream")
  const Supervision = await import("@giveway/core/Supervision")
  const NodeSysmon = await import("../NodeSysmon.ts")

  followLoaders(`--import=${import.meta.url}`)
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
  write(
    journal.line({
      _tag: "Began",
      pid: process.pid,
      at: now(),
      command: process.argv.slice(1).join(" "),
      surroundings: surroundings()
    })
  )
  let written = 0
  const supervision = await runtime.runPromise(Effect.service(Supervision.Supervision))
  const keep = (stall: Starvation.Starvation): void => {
    written = Math.max(written, stall.id)
    // to find the lines of a stall in the user's source takes time, which is not the program's
    if (stall.hog.fiberId !== writer.id) journal.appendStall(file, journal.stalled(stall))
  }
  const writer = runtime.runFork(Stream.runForEach(supervision.starvation, (stall) => Effect.sync(() => keep(stall))))
  let rested = false
  process.on("beforeExit", () => {
    if (rested) return
    rested = true
    setTimeout(() => {}, lastBeatMs)
  })
  process.on("exit", () => {
    lastWords.hear()
    for (const stall of Effect.runSync(supervision.recent)) {
      if (stall.id > written) keep(stall)
    }
    write(journal.linted(Effect.runSync(supervision.lints)))
  })
}

const { GIVEWAY_DOCTOR: folder, GIVEWAY_DOCTOR_BUDGET: budget = "20" } = process.env
if (isMainThread && folder !== undefined) await watch(folder, budget)
