/**
 * Where a thread's time went, from readings of what the operating system counts: it computed (in the kernel or not), it
 * was ready and had no core, or it slept.
 *
 * Linux counts late. Computing is counted at each tick of its clock, waiting for a core when the wait is over, and sleeping
 * not at all: it is what is left. So what nobody has counted of a thread that was awake at two readings, for longer than a
 * tick, is a wait for a core that goes on; of one that was asleep at either, it was sleep. What turns out to have been
 * something else is taken back when it is counted.
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
  /** asleep, ever, as far as is known */
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
  const wasSleep = reading.asleep || last.asleep || openMs < 0
  return wasSleep
    ? { ...reading, blockedMs: last.blockedMs + openMs, openMs: 0 }
    : { ...reading, blockedMs: last.blockedMs, openMs }
}

/** What was open turns out to have been sleep (or a stop): it was then when it was open, not when that is found out. */
const resolved = (accounts: ReadonlyArray<Account>, next: Account): ReadonlyArray<Account> => {
  const last = accounts.at(-1)
  if (last === undefined || last.openMs <= 0 || next.openMs > 0) return accounts
  const slept = Math.max(0, next.blockedMs - last.blockedMs)
  const since = accounts.findLastIndex(({ openMs }) => openMs <= 0)
  return accounts.map((one, index) =>
    index <= since ? one : { ...one, blockedMs: one.blockedMs + Math.min(one.openMs, slept), openMs: 0 }
  )
}

const pendingBy = ({ asleep, openMs }: Account): number => (!asleep && openMs > tickMs ? openMs : 0)

/** How long the thread has waited for a core by then, a wait that goes on included, in ms. */
export const noCoreBy = (account: Account): number => account.noCoreMs + pendingBy(account)

/**
 * With one more reading. When there are too many, the older half is thinned out, but for the readings around `since`, where
 * the oldest stall that lasts began: a thread that is asked for its stack is read every few milliseconds, and the time
 * around the beginning would soon be lost in what the thread had done before.
 */
export const add = (
  accounts: ReadonlyArray<Account>,
  reading: Reading,
  since = Number.NEGATIVE_INFINITY
): ReadonlyArray<Account> => {
  const account = accountOf(accounts.at(-1), reading)
  const known = resolved(accounts, account)
  if (known.length < kept) return [...known, account]
  const begun = known.findLastIndex(({ at }) => at <= since)
  const half = kept / 2
  const isNeeded = (index: number): boolean =>
    index >= begun - 1 && (index <= begun + 1 || index >= half || index % 2 === 0)
  return [...known.filter((_, index) => isNeeded(index)), account]
}

/** What became of the time from `begin` to `to`, as far as it was read; `undefined` if it was not. */
export const spent = (accounts: ReadonlyArray<Account>, begin: number, to: number): Spent | undefined => {
  if (accounts.length === 0 || accounts[0]!.at >= to) return undefined
  const from = Math.max(begin, accounts[0]!.at)
  const first = accounts.findLastIndex(({ at }) => at <= from)
  let systemMs = 0
  let noCoreMs = 0
  let blockedMs = 0
  let last = accounts[first]!
  for (let index = first; index + 1 < accounts.length && accounts[index]!.at < to; index++) {
    const [before, after] = [accounts[index]!, accounts[index + 1]!]
    const elapsed = after.at - before.at
    const within = Math.min(after.at, to) - Math.max(before.at, from)
    const blocked = after.blockedMs - before.blockedMs
    const waited = after.noCoreMs - before.noCoreMs
    systemMs += after.systemMs - before.systemMs
    if (before.at < from) {
      const ran = Math.min(within, Math.max(0, elapsed - blocked - waited))
      const waitedWithin = Math.min(within - ran, waited)
      noCoreMs += waitedWithin
      blockedMs += within - ran - waitedWithin
    } else {
      // a wait is counted when it is over, so one that is counted just after the stall was in it
      noCoreMs += waited
      blockedMs += Math.min(blocked, within)
    }
    last = after
  }
  const total = Math.max(0, Math.min(to, last.at) - from)
  const atMost = (ms: number, most: number): number => Math.max(0, Math.min(ms, most))
  const waitedMs = atMost(noCoreMs, total)
  const openMs = atMost(pendingBy(last), total - waitedMs)
  const asleepMs = atMost(blockedMs, total - waitedMs - openMs)
  const ranMs = total - waitedMs - openMs - asleepMs
  return { ranMs, systemMs: Math.min(systemMs, ranMs), noCoreMs: waitedMs, blockedMs: asleepMs, openMs }
}
