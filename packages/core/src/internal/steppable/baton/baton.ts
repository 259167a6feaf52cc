/**
 * The baton of this thread: executes what `batonMachine.ts` decides. Activations tell it when they run; compiled code asks for it by
 * `steppable/touching.ts`.
 */
import { shared } from "../../copies/sharedState.ts"
import { BatonMachine } from "./batonMachine.ts"

/** The part of an activation that the baton knows. */
export interface Runner {
  /** whether it can pause and be told later */
  readonly canWait: boolean
  /** whether it has paused to wait for the baton */
  waits: boolean
  /** called once it may try again */
  told: (() => void) | undefined
  /** runs it to its end, without a pause, and keeps the result for its fiber */
  finish(): void
}

/**
 * Compiled code reads `mine` before it touches state that outlives its call.
 *
 * @category state
 * @since 0.1.0
 */
export const baton = shared("baton/1", () => new BatonMachine<Runner>())

const tell = (next: Runner | undefined): void => {
  const told = next?.told
  if (next === undefined || told === undefined) return
  next.told = undefined
  told()
}

/** See {@link BatonMachine.stops}. */
export const stops = (runner: Runner, keeps: boolean): void => tell(baton.stops(runner, keeps))

/** See {@link BatonMachine.leaves}. */
export const leaves = (runner: Runner): void => tell(baton.leaves(runner))

/** Calls `told` once `runner`, which waits, may try again. */
export const whenNext = (runner: Runner, told: () => void): void => {
  if (baton.isNext(runner)) told()
  else runner.told = told
}
