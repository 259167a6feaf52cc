/**
 * All that a pool says in the log, in one place, with the memory of what it has said: ends, kills, threads that do not end, tasks
 * that could not be warmed up, a heap limit that another flag overrules, parts that workers had to go without.
 *
 * **Invariant**: what all workers meet is said once.
 */
import type { FromWorker, JobRequest } from "@giveway/core/Platform"
import * as execArgv from "../../thread/execArgv.ts"
import * as zombies from "../zombies.ts"
import * as heapLimit from "./heapLimit.ts"
import { Kills } from "./kills.ts"
import { Obituaries } from "./obituaries.ts"
import { Warmth } from "./warmth.ts"

interface PoolWarningsOptions {
  readonly graceMs: number
  readonly abandonMs: number
  readonly yieldPoints: boolean
  readonly maxHeapMb: number
  readonly isHeapAsked: boolean
}

type Ready = Extract<FromWorker, { readonly _tag: "Ready" }>

/** A killed worker whose thread is still there. */
interface Lingering {
  readonly worker: number
  readonly task: string | undefined
  readonly isCallerTold: boolean
  readonly terminatedMsAgo: number
}

export class PoolWarnings {
  /** of workers that ended by themselves, and in no job */
  readonly obituaries: Obituaries
  readonly kills = new Kills()
  readonly warmth = new Warmth()
  private readonly losses = new Set<string>()
  private isHeapChecked = false
  private readonly options: PoolWarningsOptions
  private readonly log: (level: "Debug" | "Warn", text: string) => void

  constructor(options: PoolWarningsOptions, log: (level: "Debug" | "Warn", text: string) => void) {
    this.options = options
    this.log = log
    this.obituaries = new Obituaries((text) => log("Warn", text))
  }

  /** A worker is ready, and says how its start went. */
  ready(worker: number, { cold, complaints, heapMb, losses }: Ready): void {
    for (const complaint of complaints) this.log("Debug", `Compute worker ${worker}: ${complaint}`)
    this.checkHeap(heapMb)
    for (const loss of losses) {
      if (this.losses.has(loss)) continue
      this.losses.add(loss)
      this.log("Warn", `Compute workers: ${loss}`)
    }
    for (const task of cold) this.log("Warn", this.warmth.add(worker, task))
  }

  /** A worker was killed for `job`. */
  killed(worker: number, job: Pick<JobRequest, "moduleUrl" | "name">): void {
    const { graceMs, yieldPoints } = this.options
    const warning = this.kills.add(worker, job, { graceMs, yieldPoints, isCompilerLost: this.losses.size > 0 })
    if (warning !== undefined) this.log("Warn", warning)
  }

  lingers(zombie: Lingering): void {
    this.log("Warn", zombies.describe({ ...zombie, abandonMs: this.options.abandonMs }))
  }

  /** Says once if workers may use another heap than the user asked for. */
  private checkHeap(realMb: number): void {
    if (this.isHeapChecked || !this.options.isHeapAsked) return
    this.isHeapChecked = true
    const warning = heapLimit.warning(this.options.maxHeapMb, realMb, {
      commandLine: process.execArgv,
      environment: execArgv.wordsOf(process.env["NODE_OPTIONS"] ?? "")
    })
    if (warning !== undefined) this.log("Warn", warning)
  }
}
