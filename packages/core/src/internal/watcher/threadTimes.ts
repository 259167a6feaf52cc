/**
 * Where a thread's time went, from readings of the operating system's counters: it computed (in the kernel or not), it was
 * ready and had no core, or it slept.
 *
 * Linux counts late. It counts computing at each tick of its clock, and a wait for a core when the wait is over. It does not
 * count sleep, which is the rest. So a thread may have time that is not counted yet. If the thread was awake at both readings
 * and that time is longer than a tick, it is a wait for a core that goes on. If the thread was asleep at one of them, it was
 * sleep. The guess is taken back when the counters show that it was wrong.
 *
 * A stall begins and ends between readings, so only a part of the first and the last difference belongs to it. Waits for a
 * core, and then computing, are taken to have been in the stall as far as they fit: outside of it a healthy thread mostly
 * sleeps, and nobody is blamed for computing that may have been before.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Spent } from "../stalls/observations.ts"

/**
 * The operating system's counters of a thread since it began, in ms, `at` a moment of the shared clock.
 *
 * @category looks
 * @since 0.1.0
 */
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

/** A reading, with the time that was not counted yet put where it belongs. */
export interface Account extends Reading {
  /** asleep since the thread began, as far as is known */
  readonly blockedMs: number
  /** not counted so far */
  readonly openMs: number
}

/** A tick of the slowest clock that Linux is built with (100 Hz), and some, in ms. */
const tickMs = 12

/** A stall is looked at so soon after its beginning, ms: 60 % of the usual threshold, and some. A later sleep was a sleep. */
const mostWokenMs = 40

/** Accounts kept. While nothing stalls they span 3 seconds. */
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

/** Open time has turned out to be sleep (or a stop). It is accounted for when it was open, not when that is found out. */
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
 * The accounts with one more reading. When there are too many, the older half is thinned out. The readings around `since`,
 * when the oldest open stall began, are kept: a thread that is asked for its stack is read every few milliseconds, and the
 * reading at the beginning would soon be gone.
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

/** Time that was not counted yet and is taken for computing, ms: less than a tick, or the thread was asleep and may be still. */
export const doubtfulBy = ({ asleep, openMs }: Account): number =>
  !asleep && openMs > 0 && openMs <= tickMs ? openMs : 0

/** Where the time from `begin` to `to` went, as far as there are readings; `undefined` if there are none. */
export const spent = (accounts: ReadonlyArray<Account>, begin: number, to: number): Spent | undefined => {
  if (accounts.length === 0 || accounts[0]!.at >= to) return undefined
  const from = Math.max(begin, accounts[0]!.at)
  const first = accounts.findLastIndex(({ at }) => at <= from)
  let systemMs = 0
  let noCoreMs = 0
  let blockedMs = 0
  let wokenMs = 0
  let last = accounts[first]!
  for (let index = first; index + 1 < accounts.length && accounts[index]!.at < to; index++) {
    const [before, after] = [accounts[index]!, accounts[index + 1]!]
    const elapsed = after.at - before.at
    const within = Math.min(after.at, to) - Math.max(before.at, from)
    const blocked = after.blockedMs - before.blockedMs
    const waited = after.noCoreMs - before.noCoreMs
    systemMs += after.systemMs - before.systemMs
    if (before.at < from) {
      const waitedWithin = Math.min(within, Math.max(0, waited))
      const ran = Math.min(within - waitedWithin, Math.max(0, elapsed - blocked - waited))
      const rest = within - ran - waitedWithin
      noCoreMs += waitedWithin
      // it was woken for the stall: most likely it has waited for a core since
      if (before.asleep && !after.asleep) wokenMs = Math.min(rest, mostWokenMs)
      blockedMs += rest - wokenMs
    } else {
      // a wait is counted when it is over, so one that is counted just after the stall was in it
      noCoreMs += waited
      // sleep that is taken back was that wait
      if (blocked < 0) wokenMs = Math.max(0, wokenMs + blocked)
      else blockedMs += Math.min(blocked, within)
    }
    last = after
  }
  const total = Math.max(0, Math.min(to, last.at) - from)
  const atMost = (ms: number, most: number): number => Math.max(0, Math.min(ms, most))
  const waitedMs = atMost(noCoreMs, total)
  // time that was open before has nothing to do with it
  const pendingMs = Math.max(0, pendingBy(last) - Math.max(0, accounts[Math.max(0, first)]!.openMs))
  const openMs = atMost(pendingMs + (wokenMs > tickMs ? wokenMs : 0), total - waitedMs)
  const asleepMs = atMost(blockedMs, total - waitedMs - openMs)
  const ranMs = total - waitedMs - openMs - asleepMs
  return { ranMs, systemMs: Math.min(systemMs, ranMs), noCoreMs: waitedMs, blockedMs: asleepMs, openMs }
}
