/**
 * The bytes in a slot of a job ring: first a job's request, later its outcome. Both sides of the thread boundary read and
 * write them here, so no other file knows their order.
 *
 * A task's target (its module's URL, its name, how it is called) is written out until the worker has answered a job that
 * carried it. From then on a number stands for it: the URL alone may be longer than the payload.
 *
 * A request that moves memory, one whose job emits elements, and one that is large or no plain data is not written here. It
 * travels as a message, and its slot holds only the state of the job.
 */
import type { JobRequest, Outcome } from "@giveway/core/PlatformWorker"
import { jobRing, pack } from "@giveway/core/PlatformWorker"
import { isOutcome } from "./fromWorker.ts"
import * as plainBytes from "./plainBytes.ts"

type Target = Pick<JobRequest, "batch" | "moduleUrl" | "name" | "pure">

/** A worker's table of the targets that it has read so far, by number. */
export type Targets = Map<number, Target>

/** The first value of an outcome: how to read the second. */
const Kind = {
  /** the value of a plain success: most outcomes, and the shortest form */
  value: 0,
  /** an `Outcome` */
  outcome: 1
} as const

const numbers = new Map<string, Map<string, number>>()
let lastNumber = 0

/** Main: the number of a request's target, the same for all workers. */
export const numberOf = ({ batch, moduleUrl, name, pure }: JobRequest): number => {
  let ofModule = numbers.get(moduleUrl)
  if (ofModule === undefined) numbers.set(moduleUrl, (ofModule = new Map()))
  const key = pure === true ? `${name} (pure)` : batch === true ? `${name} (batch)` : name
  let number = ofModule.get(key)
  if (number === undefined) ofModule.set(key, (number = ++lastNumber))
  return number
}

/**
 * Main: writes a request from byte `start` on. `isKnown`: the worker has read this target before. Returns the length in
 * bytes, or -1 if the request has to be posted.
 */
export const writeRequest = (
  memory: plainBytes.Bytes,
  start: number,
  { batch, context, moduleUrl, name, payload, pure, transfer, window }: JobRequest,
  target: number,
  isKnown: boolean
): number => {
  if (window !== undefined || transfer !== undefined) return -1
  const written = isKnown ? target : [target, moduleUrl, name, pure, batch]
  return plainBytes.write(memory, start, jobRing.slotBytes, [written, context, payload])
}

/** Worker: reads a request at byte `start`, and adds its target to `targets` if it is new. */
export const readRequest = (memory: plainBytes.Bytes, start: number, targets: Targets): JobRequest => {
  plainBytes.open(memory, start, jobRing.slotBytes)
  const target = readTarget(targets)
  const context = plainBytes.read() as JobRequest["context"]
  const payload = plainBytes.read()
  return { ...target, context, payload }
}

const readTarget = (targets: Targets): Target => {
  const written = plainBytes.read() as number | [number, string, string, boolean | undefined, boolean | undefined]
  if (typeof written === "number") return targets.get(written)!
  const [number, moduleUrl, name, pure, batch] = written
  const target: Target = {
    moduleUrl,
    name,
    ...(pure === undefined ? {} : { pure }),
    ...(batch === undefined ? {} : { batch })
  }
  targets.set(number, target)
  return target
}

/** Worker: writes an outcome from byte `start` on. Returns the length in bytes, or -1 if it has to be posted. */
export const writeOutcome = (memory: plainBytes.Bytes, start: number, outcome: Outcome): number => {
  const isPlain = outcome._tag === "Success" && outcome.ranMs === undefined
  const values = isPlain ? [Kind.value, outcome.value] : [Kind.outcome, outcome]
  return plainBytes.write(memory, start, jobRing.slotBytes, values)
}

/** Main: reads an outcome at byte `start`. Bytes that are none end the job that they should tell of. */
export const readOutcome = (memory: plainBytes.Bytes, start: number): Outcome => {
  try {
    plainBytes.open(memory, start, jobRing.slotBytes)
    const kind = plainBytes.read()
    const value = plainBytes.read()
    if (kind === Kind.value) return { _tag: "Success", value }
    return kind === Kind.outcome && isOutcome(value)
      ? value
      : spoilt(new plainBytes.Spoilt("it is no outcome of a job"))
  } catch (error) {
    return spoilt(error)
  }
}

const spoilt = (error: unknown): Outcome => ({ _tag: "JobDied", cause: pack(error) })
