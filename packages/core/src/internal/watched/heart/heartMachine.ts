/**
 * When the heart beats, and when it rests. Pure; `heartbeat.ts` owns the timer, the immediate and the clock.
 *
 * ```text
 *              five quiet beats, and a rest is allowed             the loop has done nothing in a whole turn
 *    beats ───────────────────────────────────────────► turns ───────────────────────────────────────────► rests
 *    a timer   ◄─────────────────────────────────────  a port  ◄───────────────────────────────────────  no timer
 *              a fiber runs, or a turn was long, or          the loop has turned, for whatever event
 *              there are more than 20 a second
 * ```
 *
 * **Rest** is an immediate that keeps neither the process nor the loop awake. It runs in the check phase of the next turn,
 * and from then on the thread **turns**: Node runs timers after that phase, so a second immediate measures them, in a turn that
 * does not sleep. All time in which the loop was not idle lies between two such readings, and no idle time lies between the
 * two of a turn. So the length and the end of a hold are exact however long the loop has rested.
 *
 * **Invariant.** The thread goes to rest only from a turn that did nothing. Otherwise a timer that was due in the same moment
 * could hold the loop, the loop could sleep, and the hold would be found when the next event comes.
 *
 * Rejected: a timer of a millisecond instead of the turn that does not sleep (a hold right after it would be found late, see the
 * invariant); one immediate a turn (the same).
 *
 * Decision 0147.
 */

/** Between two beats, in ms: while fibers run, and while none has run for some beats and the thread may not rest. */
export const periodMs = { busy: 10, slow: 200 }

/** Beats without a fiber before the heart rests: a service that is asked 20 times a second does not come to rest. */
const quietBeats = 5

/** A turn that takes longer than a busy period ends the rest, ms: more may come. A guess. */
const longTurnMs = 10

/** A turn that took less did nothing, ms: the readings themselves take some 20 µs, and ten times as long in cold caches. */
export const emptyTurnMs = 0.25

/** A loop that is woken more often in {@link wakesPerMs} does not rest: its turns cost more than beats would. */
const mostWakes = 20
const wakesPerMs = 1000

/** Wake-ups of the loop since `wakesSince`. */
interface Wakes {
  readonly wakes: number
  readonly wakesSince: number
}

export type Heart =
  /** a timer is due; `quiet` beats in a row saw nothing */
  | { readonly mode: "beats"; readonly due: number; readonly quiet: number; readonly isSlow: boolean }
  /** the loop may sleep */
  | ({ readonly mode: "rests" } & Wakes)
  /** the loop is awake since `at`, and will not sleep in the turn that comes */
  | ({ readonly mode: "turns"; readonly at: number } & Wakes)

const beats = (at: number, quiet: number, isSlow = false): Heart => ({
  mode: "beats",
  due: at + (isSlow ? periodMs.slow : periodMs.busy),
  quiet,
  isSlow
})

/** The first beat of a heart, at `at`. */
export const begun = (at: number): Heart => beats(at, 0)

/** The timer has come. `isQuiet`: since the beat before no fiber has run, and the loop has hardly turned. */
export const beaten = (
  quiet: number,
  at: number,
  { isQuiet, mayRest }: { readonly isQuiet: boolean; readonly mayRest: boolean }
): Heart => {
  const now = isQuiet ? quiet + 1 : 0
  if (now < quietBeats) return beats(at, now)
  return mayRest ? { mode: "turns", at, wakes: 0, wakesSince: at } : beats(at, now, true)
}

/** The immediate has run: since the reading before, the loop has done something for `heldMs`. */
export const tripped = (
  heart: Exclude<Heart, { readonly mode: "beats" }>,
  at: number,
  { heldMs, mayRest }: { readonly heldMs: number; readonly mayRest: boolean }
): Heart => {
  if (!mayRest || heldMs >= longTurnMs) return beats(at, 0)
  if (heart.mode === "turns" && heldMs < emptyTurnMs) {
    return { mode: "rests", wakes: heart.wakes, wakesSince: heart.wakesSince }
  }
  const isOver = at - heart.wakesSince >= wakesPerMs
  const wakes = isOver ? 1 : heart.wakes + 1
  if (wakes > mostWakes) return beats(at, 0)
  return { mode: "turns", at, wakes, wakesSince: isOver ? at : heart.wakesSince }
}

/** A fiber runs, at `at`: the next beat comes soon. */
export const hurried = (heart: Heart, at: number): Heart =>
  heart.mode === "beats" && heart.due <= at + periodMs.busy ? heart : beats(at, 0)
