/**
 * The options of a virtual pool, and the cost of a job, as they were read. Names and defaults are those of `NodeCompute`, where it has the option.
 */
import * as Result from "effect/Result"
import type { InvalidOption } from "../../InvalidOption.ts"
import type { JobRequest } from "../job/jobMessages.ts"
import { duration } from "../options/duration.ts"
import { fields, read as readOptions } from "../options/fields.ts"
import { accepting, boolean, literal, or, wholeNumber } from "../options/reader.ts"
import type { PoolConfig } from "../pool/poolProtocol.ts"

export interface Settings extends PoolConfig {
  readonly cost: (job: JobOfCost) => unknown
  readonly graceMs: number
  /** `Infinity`: the caller waits until the thread has ended */
  readonly abandonMs: number
  readonly startMs: number
  /** the limit that `WorkerOutOfMemory` names */
  readonly heapMb: number
}

interface JobOfCost {
  readonly task: string
  readonly payload: unknown
}

/** The time that a job takes, ms; `holds`: it heeds no interruption meanwhile. */
export interface Cost {
  readonly ms: number
  readonly holds: boolean
}

const anyDuration = duration({ suchAs: "50 millis" })

const ageing = duration({ positive: true, suchAs: "10 seconds" })

const table = fields({
  workers: or(wholeNumber(1, 1024), 2),
  cost: or(
    accepting<Settings["cost"]>(
      "a function of a job that returns its duration",
      (value) => typeof value === "function"
    ),
    () => 0
  ),
  queue: fields({
    capacity: or(wholeNumber(0), 1000),
    overflow: or(literal("suspend", "fail", "drop"), "suspend"),
    ageing: or(ageing, 10_000)
  }),
  grace: or(anyDuration, 250),
  abandonAfter: or(duration({ suchAs: "5 seconds" }), Infinity),
  start: or(anyDuration, 0),
  maxHeapMb: or(wholeNumber(1), 512)
})

export const read = (given: unknown, of: string): Result.Result<Settings, InvalidOption> =>
  Result.map(readOptions(table, of, given), ({ abandonAfter, cost, grace, maxHeapMb, queue, start, workers }) => ({
    maxWorkers: workers,
    minWorkers: workers,
    capacity: queue.capacity,
    overflow: queue.overflow,
    ageingMs: queue.ageing,
    standby: true,
    cost,
    graceMs: grace,
    abandonMs: abandonAfter,
    startMs: start,
    heapMb: maxHeapMb
  }))

const readHolding = fields({ duration: anyDuration, holds: or(boolean, false) })

/** The cost of all payloads of a request. Throws an `InvalidOption`, or what the function of the user throws. */
export const costOf = (cost: Settings["cost"], of: string, { batch, name, payload }: JobRequest): Cost => {
  let ms = 0
  let holds = false
  for (const each of batch === true ? (payload as ReadonlyArray<unknown>) : [payload]) {
    const given = cost({ task: name, payload: each })
    if (typeof given === "object" && given !== null && "duration" in given) {
      const read = Result.getOrThrow(readHolding(given, of, "cost"))
      ms += read.duration
      holds ||= read.holds
    } else ms += Result.getOrThrow(anyDuration(given, of, "cost"))
  }
  return { ms, holds }
}
