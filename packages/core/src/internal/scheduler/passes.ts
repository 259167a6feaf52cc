/**
 * Passes: when batches run, as the host's event loop sees it.
 *
 * Effect's own scheduler asks for one `setImmediate` per batch. The host runs those of one check phase in the order in
 * which they were asked for, with the program's own immediates among them, and runs microtasks after each; an immediate
 * that is asked for in a check phase comes in the next one. Programs rely on all of that. So each batch has one **token** here, an
 * immediate of its own, and a token serves one batch: as long as the turn lasts, batch and token are those that belong
 * together, and the order is Effect's own.
 *
 * When the turn is used up, the tokens that are left serve nothing, and their batches wait without tokens. At the end of
 * the pass they get some: as many as will use up the next turn, told from this one. A token costs 0.1 µs, so a thousand
 * waiting fibers should not get one each in every pass.
 *
 * **Invariant.** While a batch waits, or a turn is open, at least one token is pending: the loop comes round.
 *
 * Rejected: one immediate that serves the queue until the turn is used up (a promise or an immediate of the program,
 * for which a fiber yields, did not come in between); cancelling tokens that are no longer needed (dearer than letting
 * them pass).
 */
import type { EventLoop } from "./eventLoop.ts"

interface PassHandlers {
  /** The first token of a check phase: a pass begins. */
  readonly begin: () => void
  /** Serves one batch if there is one and the turn lasts. Returns whether it did. */
  readonly serve: () => boolean
  /** The last token of the phase: the pass is over. Returns the number of batches that wait. */
  readonly end: () => number
}

/** Tokens for batches that wait after a turn that was used up: at least these, a guess. */
const leastTokens = 4

export class Passes {
  /** tokens for the next check phase */
  private pending = 0
  /** tokens of this check phase that have not come yet */
  private left = 0
  private served = 0
  private readonly loop: EventLoop
  private readonly handlers: PassHandlers

  constructor(loop: EventLoop, handlers: PassHandlers) {
    this.loop = loop
    this.handlers = handlers
  }

  /** Whether a check phase is under way. */
  get under(): boolean {
    return this.left > 0
  }

  /** A batch has been queued. */
  ask(): void {
    this.pending++
    this.loop.afterPoll(this.token)
  }

  /** A turn is open: some token must come to close it. One that comes for this serves no batch, which has its own. */
  close(): void {
    if (this.pending > 0 || this.left > 0) return
    this.pending++
    this.loop.afterPoll(this.closing)
  }

  private readonly token = (): void => {
    this.enter()
    if (this.handlers.serve()) this.served++
    this.leave()
  }

  private readonly closing = (): void => {
    this.enter()
    this.leave()
  }

  private enter(): void {
    if (this.left > 0) return
    this.left = this.pending
    this.pending = 0
    this.served = 0
    this.handlers.begin()
  }

  private leave(): void {
    if (--this.left > 0) return
    const owed = this.handlers.end() - this.pending
    for (let n = Math.min(owed, Math.max(leastTokens, 2 * this.served)); n > 0; n--) this.ask()
  }
}
