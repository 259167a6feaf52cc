/**
 * A search: the plain schedule first, to learn what the program does and what escapes control; then the others, until one
 * fails or all have run; then the smallest schedule that fails in the same way, its token, and its trace.
 *
 * **Invariant.** A finding is reported only with a schedule that was run again, with the same end and the same order of
 * operations. A schedule that goes another way the second time is reported as not controlled.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { interruptionsOf, preemptionsOf, replaying } from "./choose/deviations.ts"
import { enumeration } from "./choose/exhaustive.ts"
import type { Escape } from "./host/guards.ts"
import { Guards } from "./host/guards.ts"
import * as hostWaits from "./host/hostWaits.ts"
import type { Condition, Ended } from "./machine/machine.ts"
import type { StrategyName, Sweep } from "./choose/rotation.ts"
import { strategyOf } from "./choose/rotation.ts"
import type { Recorded, Work } from "./session.ts"
import { Session } from "./session.ts"
import { shrink } from "./shrink.ts"
import type { AnyFiber } from "./machine/strand.ts"
import type { Strategy } from "./machine/strategy.ts"
import { plain } from "./machine/strategy.ts"
import * as tokens from "./token.ts"
import type { Finding } from "./verdict.ts"
import { isSame } from "./verdict.ts"
import * as inspectors from "./words/inspector.ts"
import { lineOf } from "./words/places.ts"
import { titleOf, traceOf } from "./words/trace.ts"

export interface Settings {
  readonly schedules: number
  readonly seed: number
  readonly strategies: ReadonlyArray<StrategyName> | "exhaustive"
  /** of exhaustive search: preemptions in a schedule, at most */
  readonly preemptions: number
  readonly wholeRoot: boolean
  readonly steps: number
  readonly manualTime: boolean
  readonly endless: "livelock" | "tooLong"
  readonly deterministic: boolean
  readonly conditions: ReadonlyArray<Condition>
  readonly replay: string | undefined
  /** whether a finding is made smaller before it is reported */
  readonly shrinks: boolean
}

export interface Held {
  readonly _tag: "Held"
  readonly schedules: number
  /** all schedules that there are have run */
  readonly complete: boolean
  /** functions of the host that were answered from the schedule */
  readonly escapes: ReadonlyArray<Escape>
  /** of the last schedule */
  readonly last: Ended
}

export interface Found {
  readonly _tag: "Found"
  readonly kind: Finding["kind"]
  readonly problem: string
  readonly exit: Exit.Exit<unknown, unknown> | undefined
  readonly strategy: string
  /** its number, from 1 */
  readonly schedule: number
  readonly preemptions: number
  readonly interruptions: number
  readonly token: string | undefined
  readonly trace: ReadonlyArray<string>
}

export interface Uncontrolled {
  readonly _tag: "Uncontrolled"
  readonly problem: string
  readonly escapes: ReadonlyArray<Escape>
}

export interface BadToken {
  readonly _tag: "BadToken"
  readonly problem: string
}

export type Outcome = Held | Found | Uncontrolled | BadToken

/** How a schedule came about. */
interface Origin {
  /** of its strategy */
  readonly name: string
  /** from 0 */
  readonly schedule: number
  /** whether the program was known to wait for promises */
  readonly promises: boolean
}

/** Schedules between two looks at the time. */
const lookEvery = 16

export class Search {
  private readonly session: Session
  private readonly program: Effect.Effect<unknown, unknown>
  private readonly settings: Settings
  readonly settlesAtOnce: boolean
  readonly guards: Guards
  /** whether the guards stand while this search has the thread */
  isGuarded = false
  private inspector: inspectors.Inspector | undefined

  constructor(program: Effect.Effect<unknown, unknown>, settings: Settings, settlesAtOnce: boolean) {
    this.program = program
    this.settings = settings
    this.settlesAtOnce = settlesAtOnce
    this.session = this.newSession(settings.strategies === "exhaustive", false)
    this.guards = new Guards(this.session.machine, () => this.lineOfRunning())
  }

  private newSession(effects: boolean, observed: boolean): Session {
    const { conditions, endless, manualTime, steps } = this.settings
    const { settlesAtOnce } = this
    const decisions = effects ? "effects" : "every"
    const options = { steps, manualTime, conditions, decisions, settlesAtOnce } as const
    return new Session(this.program, options, { endless, expected: undefined }, observed)
  }

  private lineOfRunning(): string | undefined {
    const fiber = Fiber.getCurrent() as AnyFiber | undefined
    return fiber === undefined ? undefined : lineOf((this.inspector ??= inspectors.open()), fiber)
  }

  /** The whole search. Between two steps of it anything else may run. */
  *run(): Work<Outcome> {
    try {
      const uncontrolled = yield* this.probe()
      if (uncontrolled !== undefined) return uncontrolled
      const { replay, strategies } = this.settings
      if (replay !== undefined) return yield* this.replay(replay)
      return strategies === "exhaustive" ? yield* this.all() : yield* this.rotate(strategies)
    } finally {
      this.inspector?.close()
    }
  }

  // --- what escapes -------------------------------------------------------------------------------------------------

  /** Runs the plain schedule twice, and once more under guards that note what it uses. */
  private *probe(): Work<Uncontrolled | undefined> {
    const { guards, session, settings } = this
    const first = yield* session.run(plain)
    let second = yield* session.run(plain)
    if (this.settlesAtOnce) {
      guards.begin()
      guards.note(true)
      guards.install()
      try {
        session.machine.runNow(this.program, plain)
      } finally {
        guards.restore()
        guards.note(false)
      }
    }
    if (guards.escapes.length > 0) {
      this.isGuarded = true
      guards.install()
      session.begins = () => guards.begin()
      const third = yield* session.run(plain)
      second = yield* session.run(plain)
      if (!isSameRun(third, second)) return uncontrolled(goesTwoWays, guards.escapes)
    } else if (!isSameRun(first, second)) {
      return uncontrolled(goesTwoWays, [])
    }
    if (settings.deterministic && second.exit !== undefined) session.rules = { ...session.rules, expected: second.exit }
    return undefined
  }

  // --- searching ----------------------------------------------------------------------------------------------------

  private *rotate(strategies: ReadonlyArray<StrategyName>): Work<Outcome> {
    const { session, settings } = this
    const shape = yield* session.shape()
    let promises = false
    let last: Ended | undefined
    for (let schedule = 0; schedule < settings.schedules; schedule++) {
      const { name, strategy } =
        schedule === 0
          ? { name: "plain", strategy: plain }
          : strategyOf(strategies, settings.seed, schedule - 1, shape, promises)
      const ended: Ended = yield* session.run(strategy)
      last = ended
      const finding = session.judge(ended)
      if (finding !== undefined) {
        const waited = promises
        const again = () =>
          schedule === 0 ? plain : strategyOf(strategies, settings.seed, schedule - 1, shape, waited).strategy
        return yield* this.explain(again, ended, finding, { name, schedule, promises })
      }
      promises ||= ended.promises
      if (schedule % lookEvery === lookEvery - 1) yield
    }
    return held(settings.schedules, false, this.guards.escapes, last!)
  }

  private *all(): Work<Outcome> {
    const { session, settings } = this
    const schedules = enumeration(settings)
    let last: Ended | undefined
    for (let schedule = 0; schedule < settings.schedules; schedule++) {
      const strategy: Strategy | undefined = schedules.next()
      if (strategy === undefined) return held(schedule, true, this.guards.escapes, last!)
      const ended: Ended = yield* session.run(strategy)
      last = ended
      const finding = session.judge(ended)
      if (finding !== undefined) {
        return yield* this.explain(schedules.again, ended, finding, { name: "exhaustive", schedule, promises: false })
      }
      if (schedule % lookEvery === lookEvery - 1) yield
    }
    return held(settings.schedules, schedules.next() === undefined, this.guards.escapes, last!)
  }

  // --- reporting ----------------------------------------------------------------------------------------------------

  private *explain(again: () => Strategy, ended: Ended, finding: Finding, origin: Origin): Work<Outcome> {
    const { session } = this
    const first = yield* session.record(again())
    if (first.ended.hash !== ended.hash || !isSame(finding, first.finding)) {
      return uncontrolled(goesTwoWays, this.guards.escapes)
    }
    const waits = this.hostWaits(finding, again)
    if (waits.length > 0) return uncontrolled(waitsForHost, waits)
    const small = this.settings.shrinks ? yield* shrink(session, first) : first
    const token = this.tokenOf(small, ended.hash, origin)
    const replayed = yield* session.record(replaying(small.deviations, small))
    if (replayed.ended.hash !== small.ended.hash) return uncontrolled(goesTwoWays, this.guards.escapes)
    return yield* this.tell(small, origin, token)
  }

  /** Resources of the host that a schedule has made, which left somebody waiting. */
  private hostWaits(finding: Finding, again: () => Strategy): ReadonlyArray<Escape> {
    if (finding.strands.length === 0 || !this.settlesAtOnce) return []
    this.session.begins()
    return hostWaits.during(() => this.session.machine.runNow(this.program, again())).waits
  }

  private tokenOf(small: Recorded, hash: number, { promises, schedule }: Origin): string | undefined {
    const { seed, strategies } = this.settings
    const effects = strategies === "exhaustive"
    const { deviations, promisesFirst, resumesWhole } = small
    const token = tokens.encode({ hash: small.ended.hash, effects, deviations, promisesFirst, resumesWhole })
    if (token.length <= tokens.longest) return token
    if (strategies === "exhaustive") return undefined
    return tokens.encode({ hash, effects, promises, strategies, seed, schedule })
  }

  /** The finding in words, by a run under the debugger. */
  private *tell(small: Recorded, { name, schedule }: Omit<Origin, "promises">, token: string | undefined): Work<Found> {
    const observed = this.newSession(this.settings.strategies === "exhaustive", true)
    observed.rules = this.session.rules
    observed.begins = this.session.begins
    const { cycles, lines } = yield* traceOf(observed, small)
    const { kind, strands, text } = small.finding!
    const who = strands.length === 0 ? "" : `: ${listed(strands.map(({ id }) => titleOf(id)))}`
    const circle = cycles.length === 0 ? "" : `; ${cycles.join("; ")}`
    return {
      _tag: "Found",
      kind,
      problem: `${text}${who}${circle}`,
      exit: small.ended.exit,
      strategy: name,
      schedule: schedule + 1,
      preemptions: preemptionsOf(small.deviations),
      interruptions: interruptionsOf(small.deviations),
      token,
      trace: lines
    }
  }

  // --- replaying ----------------------------------------------------------------------------------------------------

  private *replay(text: string): Work<Outcome> {
    const decoded = tokens.decode(text)
    if (Result.isFailure(decoded)) return { _tag: "BadToken", problem: decoded.failure }
    const token = decoded.success
    if (token.effects !== (this.settings.strategies === "exhaustive")) {
      return {
        _tag: "BadToken",
        problem: `it was made ${token.effects ? "with" : "without"} strategy "exhaustive", and this check runs ${token.effects ? "without" : "with"} it`
      }
    }
    const { session } = this
    const shape = yield* session.shape()
    const recorded = yield* session.record(strategyFor(token, shape))
    if (recorded.ended.hash !== token.hash) return { _tag: "BadToken", problem: anotherProgram }
    if (recorded.finding === undefined) return held(1, false, this.guards.escapes, recorded.ended)
    const waits = this.hostWaits(recorded.finding, () => strategyFor(token, shape))
    if (waits.length > 0) return uncontrolled(waitsForHost, waits)
    return yield* this.tell(recorded, { name: "replay", schedule: 0 }, text)
  }
}

const strategyFor = (token: tokens.Token, shape: Sweep): Strategy =>
  "seed" in token
    ? strategyOf(token.strategies, token.seed, token.schedule - 1, shape, token.promises).strategy
    : replaying(token.deviations, token)

const held = (schedules: number, complete: boolean, escapes: ReadonlyArray<Escape>, last: Ended): Held => ({
  _tag: "Held",
  schedules,
  complete,
  escapes,
  last
})

const uncontrolled = (problem: string, escapes: ReadonlyArray<Escape>): Uncontrolled => ({
  _tag: "Uncontrolled",
  problem,
  escapes
})

const goesTwoWays = "the same schedule was run twice and went two ways"
const waitsForHost = "a fiber waits for something that only the host can do"
const anotherProgram =
  "it belongs to another program, or to another version of this one: the schedule that it names goes another way here"

/** `a, b and c` */
const listed = (words: ReadonlyArray<string>): string =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`

/** Objects may differ in identity alone, so only simple values are compared. */
const isSameRun = (a: Ended, b: Ended): boolean =>
  a.hash === b.hash && a.exit?._tag === b.exit?._tag && simple(a.exit) === simple(b.exit)

const simple = (exit: Exit.Exit<unknown, unknown> | undefined): unknown =>
  exit?._tag === "Success" && typeof exit.value !== "object" && typeof exit.value !== "function"
    ? exit.value
    : undefined
