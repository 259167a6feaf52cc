/**
 * The options of a search, read.
 */
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import type { Readers } from "../options/options.ts"
import * as options from "../options/options.ts"
import type { Reader } from "../options/reader.ts"
import type { Condition } from "./machine/machine.ts"
import type { StrategyName } from "./choose/rotation.ts"
import { names } from "./choose/rotation.ts"
import type { Settings } from "./search.ts"

type Strategies = StrategyName | "rotation" | "exhaustive" | ReadonlyArray<StrategyName>

/** As a user gives them; `Interleavings.Options` describes each. */
interface Given<A, E> {
  readonly schedules?: number
  readonly seed?: number
  readonly strategy?: Strategies
  readonly preemptions?: number
  readonly wholeRoot?: boolean
  readonly steps?: number
  readonly time?: "auto" | "manual"
  readonly endless?: "livelock" | "tooLong"
  readonly deterministic?: boolean
  readonly invariants?: Readonly<Record<string, (exit: Exit.Exit<A, E> | undefined) => boolean>>
  readonly replay?: string
}

/** More takes minutes: another seed is another search. */
const mostSchedules = 100_000

/** A schedule of so many operations takes a second. */
const mostSteps = 10_000_000

const name = options.literal(...names)

const strategies: Reader<ReadonlyArray<StrategyName> | "exhaustive"> = (value, of, option) => {
  if (value === "exhaustive") return Result.succeed(value)
  if (value === undefined || value === "rotation") return Result.succeed(names)
  if (typeof value === "string") return Result.map(name(value, of, option), (one) => [one])
  const several = options.array("the name of a strategy, or an array of names", name)(value, of, option)
  return Result.isSuccess(several) && several.success.length === 0
    ? Result.fail(new InvalidOption({ of, option, value, expected: "an array with at least one name" }))
    : several
}

const conditions: Reader<ReadonlyArray<Condition>> = (value, of, option) => {
  if (value === undefined) return Result.succeed([])
  const expected = "an object of functions that get an exit and return a boolean, by the words for what they check"
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
  if (!isObject || !Object.values(value).every((holds) => typeof holds === "function")) {
    return Result.fail(new InvalidOption({ of, option, value, expected }))
  }
  return Result.succeed(
    Object.entries(value).map(([words, holds]) => ({ name: words, holds: holds as Condition["holds"] }))
  )
}

const table = {
  schedules: options.or(options.wholeNumber(1, mostSchedules), 1000),
  seed: options.or(options.wholeNumber(0, 2 ** 32 - 1), 1),
  strategy: strategies,
  preemptions: options.or(options.wholeNumber(0), Number.MAX_SAFE_INTEGER),
  wholeRoot: options.or(options.boolean, false),
  steps: options.or(options.wholeNumber(1, mostSteps), 5000),
  time: options.or(options.literal("auto", "manual"), "auto"),
  endless: options.or(options.literal("livelock", "tooLong"), "livelock"),
  deterministic: options.or(options.boolean, false),
  invariants: conditions,
  replay: options.optional(options.text)
} satisfies Readers<Given<unknown, unknown>>

/** The settings of `of`. */
export const read = (of: string, given: unknown): Result.Result<Settings, InvalidOption> =>
  Result.map(options.read(options.fields(table), of, given), ({ invariants, strategy, time, ...rest }) => ({
    ...rest,
    strategies: strategy,
    conditions: invariants,
    manualTime: time === "manual",
    shrinks: true
  }))
