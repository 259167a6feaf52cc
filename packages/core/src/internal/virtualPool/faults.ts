/**
 * The faults of a virtual pool: which fault a job meets when a worker begins it, and how much later a worker starts.
 *
 * **Invariant**: a draw depends on the seed, the rule and the point alone. So a rule that is added or removed moves no fault of another
 * rule, and the same seed gives the same faults.
 *
 * Rejected: one stream of random numbers for all rules, because each change of the plan then changes all faults behind it.
 *
 * Decision 0168.
 */
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import { duration } from "../options/duration.ts"
import { fields } from "../options/fields.ts"
import type { Reader } from "../options/reader.ts"
import { accepting, array, literal, optional, or, text, wholeNumber } from "../options/reader.ts"

interface Fault {
  readonly kind: "crash" | "outOfMemory" | "kill" | "zombie" | "slowStart"
  readonly task: string | undefined
  /** points, counted from 1 */
  readonly at: ReadonlyArray<number> | undefined
  readonly chance: number | undefined
  /** ms */
  readonly lasts: number
}

/** A plan, as its options were read. */
export interface Plan {
  readonly seed: number
  readonly faults: ReadonlyArray<Fault>
}

export const noPlan: Plan = { seed: 1, faults: [] }

/** A number from 0 to below 1 for one rule at one point: the finalizer of MurmurHash3 over the three numbers. */
const drawn = (seed: number, rule: number, point: number): number => {
  let mixed = (seed ^ Math.imul(rule + 1, 0x9e3779b1) ^ Math.imul(point, 0x85ebca77)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

const meets = ({ at, chance }: Fault, seed: number, rule: number, point: number): boolean =>
  at?.includes(point) === true || (chance !== undefined && drawn(seed, rule, point) < chance)

/** The fault that the job meets: that of the first rule that applies. `point`: so many jobs were begun, this one included. */
export const ofJob = ({ faults, seed }: Plan, point: number, task: string): Fault | undefined =>
  faults.find(
    (fault, rule) =>
      fault.kind !== "slowStart" && (fault.task === undefined || fault.task === task) && meets(fault, seed, rule, point)
  )

/** By how many ms a worker starts later. `point`: so many workers were started, this one included. */
export const ofStart = ({ faults, seed }: Plan, point: number): number =>
  faults.reduce(
    (ms, fault, rule) => (fault.kind === "slowStart" && meets(fault, seed, rule, point) ? ms + fault.lasts : ms),
    0
  )

// --- options --------------------------------------------------------------------------------------------------------

const probability = accepting<number>(
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1
)

/** A zombie and a slow start last so long by default, ms: longer than a start and a grace of production. A guess. */
const defaultLastsMs = 2000

const readFields = fields({
  kind: literal("crash", "outOfMemory", "kill", "zombie", "slowStart"),
  task: optional(text),
  at: optional(array("an array of whole numbers from 1", wholeNumber(1))),
  chance: optional(probability),
  lasts: or(duration({ suchAs: "2 seconds" }), defaultLastsMs)
})

/** A rule that names no point would silently do nothing. */
const readFault: Reader<Fault> = (value, of, option) =>
  Result.flatMap(readFields(value, of, option), (fault) => {
    const refuse = (name: string, expected: string) =>
      Result.fail(new InvalidOption({ of, option: `${option}.${name}`, value: fault[name as keyof Fault], expected }))
    if (fault.at === undefined && fault.chance === undefined) {
      return refuse("at", "the points of the fault: at, such as [1, 3], or chance, such as 0.1")
    }
    return fault.kind === "slowStart" && fault.task !== undefined
      ? refuse("task", "no task: a worker starts for all of them")
      : Result.succeed(fault)
  })

const readPlan = fields({
  seed: or(wholeNumber(0, 2 ** 32 - 1), noPlan.seed),
  faults: array("an array of faults", readFault)
})

export const read = (given: unknown, of: string): Result.Result<Plan, InvalidOption> => readPlan(given, of, "")
