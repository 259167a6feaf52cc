/**
 * Where a thread's time went, from readings of what the operating system counts: it computed (in the kernel or not), it
 * was ready and had no core, or it slept.
 *
 * Linux counts late. Computing is counted at each tick of its clock, waiting for a core when the wait is over, and sleeping
 * not at all: it is what is left. So time of a thread that is not asleep, and that nobody has counted for longer than a
 * tick, is a wait for a core that goes on; of one that is asleep, it was sleep.
 *
 * A stall begins and ends between readings, so of the first and the last difference only a part belongs to it. Whatever
 * the thread computed or waited for a core is taken to have been in the stall as far as it fits: outside of it a healthy
 * thread mostly sleeps.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */

/** What the operating system has counted since the thread began, in ms, `at` a moment of the shared clock. */
export interface Reading {
  readonly at: number
  /** on a core */
  readonly ranMs: number
  /** of that, in the kernel; counted in steps of 10 ms */
  readonly systemMs: number
  /** ready, without a core */
  readonly noCoreMs: number
  /** whether it sleeps in a system call */
  readonly asleep: boolean
}

/** The same, with what was not counted yet put where it belongs. */
export interface Account extends Reading {
  /** asleep, ever */
  readonly blockedMs: number
  /** what nobody has counted, so far */
  readonly openMs: number
}

/** What became of a span of time, in ms. */
export interface Spent {
  readonly ranMs: number
  readonly systemMs: number
  readonly noCoreMs: number
  /** asleep in a system call */
  readonly blockedMs: number
  /** neither, and not counted as computing yet: a wait for a core that goes on, if the process was not stopped */
  readonly openMs: number
}

/** A tick of the slowest clock that Linux is built with (100 Hz), and some, in ms. */
const tickMs = 12

/** Accounts kept. While nothing is wrong that is 3 seconds. */
const kept = 64

const accountOf = (last: Account | undefined, reading: Reading): Account => {
  if (last === undefined) return { ...reading, blockedMs: 0, openMs: 0 }
  const counted = reading.ranMs - last.ranMs + (reading.noCoreMs - last.noCoreMs)
  const openMs = last.openMs + (reading.at - last.at) - counted
  return reading.asleep
    ? { ...reading, blockedMs: last.blockedMs + Math.max(0, openMs), openMs: 0 }
    : { ...reading, blockedMs: last.blockedMs, openMs }
}

const pendingBy = ({ asleep, openMs }: Account): number => (!asleep && openMs > tickMs ? openMs : 0)

/** How long the thread has waited for a core by then, a wait that goes on included, in ms. */
export const noCoreBy = (account: Account): number => account.noCoreMs + pendingBy(account)

/** With one more reading. The older half is thinned out when there are too many, so that long stalls keep their beginning. */
export const add = (accounts: ReadonlyArray<Account>, reading: Reading): ReadonlyArray<Account> => {
  const account = accountOf(accounts.at(-1), reading)
  if (accounts.length < kept) return [...accounts, account]
  const half = kept / 2
  return [...accounts.filter((_, index) => index >= half || index % 2 === 0), account]
}

/** What became of the time from `from` to `to`; `undefined` if no readings enclose it. */
export const spent = (accounts: ReadonlyArray<Account>, from: number, to: number): Spent | undefined => {
  const first = accounts.findLastIndex(({ at }) => at <= from)
  if (first === -1 || accounts.at(-1)!.at < to) return undefined
  let ranMs = 0
  let systemMs = 0
  let standingMs = 0
  let blockedMs = 0
  let last = accounts[first]!
  for (let index = first; index + 1 < accounts.length && accounts[index]!.at < to; index++) {
    const [before, after] = [accounts[index]!, accounts[index + 1]!]
    const within = Math.min(after.at, to) - Math.max(before.at, from)
    const blocked = after.blockedMs - before.blockedMs
    const stood = Math.max(0, noCoreBy(after) - noCoreBy(before))
    const ran = Math.min(within, Math.max(0, after.at - before.at - blocked - stood))
    const stoodWithin = Math.min(within - ran, stood)
    ranMs += ran
    systemMs += after.systemMs - before.systemMs
    standingMs += stoodWithin
    blockedMs += within - ran - stoodWithin
    last = after
  }
  const openMs = Math.min(standingMs, pendingBy(last))
  return { ranMs, systemMs: Math.min(systemMs, ranMs), noCoreMs: standingMs - openMs, blockedMs, openMs }
}
