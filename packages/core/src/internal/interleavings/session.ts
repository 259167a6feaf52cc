/**
 * One program on one machine: runs schedules of it and judges them. Everything that searches, shrinks or replays is made of this.
 */
import type * as Effect from "effect/Effect"
import type { Record } from "./choose/deviations.ts"
import { recording } from "./choose/deviations.ts"
import type { Ended, MachineOptions } from "./machine/machine.ts"
import { Machine } from "./machine/machine.ts"
import type { Strategy, Ways } from "./machine/strategy.ts"
import { plain } from "./machine/strategy.ts"
import type { Sweep } from "./choose/rotation.ts"
import type { Finding, Rules } from "./verdict.ts"
import { judge } from "./verdict.ts"

/** A schedule that has ended, with its judgement and its choices. */
export interface Recorded extends Record, Ways {
  readonly ended: Ended
  readonly finding: Finding | undefined
}

/** Work that yields where the host has to settle promises, and where others may run. */
export type Work<A> = Generator<void, A>

export class Session {
  readonly program: Effect.Effect<unknown, unknown>
  readonly machine: Machine
  rules: Rules
  /** is told that a schedule begins */
  begins: () => void = () => {}

  constructor(program: Effect.Effect<unknown, unknown>, options: MachineOptions, rules: Rules, observed = false) {
    this.program = program
    this.machine = new Machine(options, observed)
    this.rules = rules
  }

  *run(strategy: Strategy): Work<Ended> {
    this.begins()
    return this.machine.options.settlesAtOnce
      ? this.machine.runNow(this.program, strategy)
      : yield* this.machine.run(this.program, strategy)
  }

  judge(ended: Ended): Finding | undefined {
    return judge(ended, this.rules)
  }

  *record(strategy: Strategy): Work<Recorded> {
    const recorded = recording(strategy)
    const ended = yield* this.run(recorded)
    const { promisesFirst = false, resumesWhole = false } = strategy
    return { ...recorded.record, ended, finding: this.judge(ended), promisesFirst, resumesWhole }
  }

  /** The plain schedule in figures. */
  *shape(): Work<Sweep> {
    const { decisions } = yield* this.run(plain)
    // asked also where there is nothing to choose, as an interruption can come there
    const asked = yield* this.run({ ...plain, interrupts: true })
    const { strands } = this.machine
    return {
      decisions: Math.max(decisions, 4),
      steps: strands.map((strand) => strand.steps),
      victims: strands.filter(({ fiber, nameless }) => fiber !== undefined && !nameless).map(({ id }) => id),
      places: asked.decisions + 4
    }
  }
}
