/**
 * The errors of a search.
 */
import * as Schema from "effect/Schema"
import type { Found, Uncontrolled } from "./search.ts"
import { kinds } from "./verdict.ts"

const words: Readonly<Record<(typeof kinds)[number], string>> = {
  Failed: "a failure",
  Interrupted: "an interruption from inside",
  Deadlock: "a deadlock",
  Livelock: "a livelock",
  TooLong: "a schedule that is too long",
  LeftBehind: "a fiber that is left behind",
  LeftOpen: "a finalizer that is left behind",
  InterruptionLost: "an interruption that is lost",
  ConditionBroken: "a broken invariant",
  ResultDiffers: "another result"
}

/**
 * A schedule in which the program goes wrong.
 *
 * Its message has all of it: the fault in words, the smallest schedule that has the fault, and the token that makes this schedule
 * again.
 *
 * @category errors
 * @since 0.1.0
 */
export class InterleavingFailed extends Schema.TaggedError<InterleavingFailed>()("InterleavingFailed", {
  /**
   * - `Failed`: the program failed or died, an assertion for example, or a callback threw.
   * - `Interrupted`: it was interrupted, and no schedule asked for that.
   * - `Deadlock`: it has not ended, and nobody can go on.
   * - `Livelock`, `TooLong`: it has not ended after the operations that `steps` allows; `endless` chooses the name.
   * - `LeftBehind`: it has ended, and a fiber that it started has not, and never will.
   * - `LeftOpen`: a scope was never closed, so its finalizers never run.
   * - `InterruptionLost`: a fiber was interrupted, and never ended.
   * - `ConditionBroken`: an invariant of the options or of `Interleavings.atEnd` does not hold at the end.
   * - `ResultDiffers`: with `deterministic`, its result is not that of the plain schedule.
   */
  kind: Schema.Literals(kinds),
  /** the fault in words, with the fibers and a circle of waits */
  problem: Schema.String,
  seed: Schema.Number,
  /** the strategy that found it, or `plain`, `exhaustive`, `replay` */
  strategy: Schema.String,
  /** the number of the schedule that found it, from 1 */
  schedule: Schema.Number,
  /** how often the smallest schedule preempts a fiber that could go on */
  preemptions: Schema.Number,
  /** how often it interrupts one */
  interruptions: Schema.Number,
  /** at most 200 characters that make this schedule again; `undefined` if it needs more, which only exhaustive search meets */
  token: Schema.UndefinedOr(Schema.String),
  /** the smallest schedule, an operation a line: fiber, source line, operation, and the value that it saw */
  trace: Schema.Array(Schema.String),
  /** the exit of the program in this schedule, if it ended */
  exit: Schema.Unknown
}) {
  override get message(): string {
    const { interruptions, kind, preemptions, problem, schedule, seed, strategy, token, trace } = this
    const origin =
      strategy === "replay" ? "the replayed schedule" : `schedule ${schedule} of seed ${seed} (${strategy})`
    return [
      `${words[kind]} in ${origin}: ${problem}`,
      "",
      `The smallest schedule with this fault (${counted(preemptions, "preemption")}, ${counted(interruptions, "interruption")}):`,
      ...trace.map((line) => `  ${line}`),
      "",
      ...(token === undefined
        ? ["It is too long for a token: run the same check again."]
        : [`To run this schedule again: { replay: "${token}" }`, `or, for this test alone, GIVEWAY_REPLAY=${token}`])
    ].join("\n")
  }
}

/**
 * The program does something that no schedule controls, so that a schedule cannot be made again.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotControlled extends Schema.TaggedError<NotControlled>()("NotControlled", {
  problem: Schema.String,
  /** the functions or resources of the host that the program used, each with its line if that can be told */
  escapes: Schema.Array(Schema.Struct({ name: Schema.String, line: Schema.UndefinedOr(Schema.String) }))
}) {
  override get message(): string {
    const used = this.escapes.map(({ line, name }) => (line === undefined ? name : `${name} at ${line}`))
    const hint =
      used.length === 0
        ? "Look for state that stands outside of the program and lives from run to run, for ids of fibers, and for crypto"
        : `It uses ${used.join(", ")}`
    return `${this.problem}. ${hint}. Put a service in its place, and provide a layer for tests.`
  }
}

/**
 * A token that names no schedule of this program.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidToken extends Schema.TaggedError<InvalidToken>()("InvalidToken", {
  token: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `The token ${JSON.stringify(this.token.slice(0, 220))} cannot be replayed: ${this.problem}.`
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`

/** The error for a search that found something. */
export const ofFound = ({ _tag, ...found }: Found, seed: number): InterleavingFailed =>
  new InterleavingFailed({ ...found, seed })

export const ofUncontrolled = ({ escapes, problem }: Uncontrolled): NotControlled =>
  new NotControlled({ escapes: [...escapes], problem })
