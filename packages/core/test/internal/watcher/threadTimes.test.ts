/**
 * What Linux counts late, put where it belongs: a thread is simulated with its true states, and read as Linux would show
 * it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as threadTimes from "../../../src/internal/watcher/threadTimes.ts"

type State = "computes" | "waits" | "sleeps"

interface Phase {
  readonly state: State
  readonly ms: number
}

/** What is shown at `at`: computing is counted at each tick of 4 ms, waiting when it is over, sleeping never. */
const readingAt = (script: ReadonlyArray<Phase>, at: number): threadTimes.Reading => {
  let begun = 0
  let ranMs = 0
  let noCoreMs = 0
  for (const { ms, state } of script) {
    const end = begun + ms
    const isOver = end <= at
    const elapsed = Math.max(0, Math.min(at, end) - begun)
    if (state === "computes") ranMs += isOver ? elapsed : Math.floor(elapsed / 4) * 4
    if (state === "waits" && isOver) noCoreMs += elapsed
    if (!isOver) return { at, ranMs, noCoreMs, systemMs: 0, asleep: state === "sleeps" }
    begun = end
  }
  return { at, ranMs, noCoreMs, systemMs: 0, asleep: true }
}

const accountsOf = (script: ReadonlyArray<Phase>, every: number): ReadonlyArray<threadTimes.Account> => {
  const total = script.reduce((sum, { ms }) => sum + ms, 0)
  let accounts: ReadonlyArray<threadTimes.Account> = []
  for (let at = 0; at <= total + every; at += every) accounts = threadTimes.add(accounts, readingAt(script, at))
  return accounts
}

const idle: Phase = { state: "sleeps", ms: 40 }

describe("a thread's time", () => {
  it("in which it slept within a stall was a system call", () => {
    const accounts = accountsOf([idle, { state: "computes", ms: 20 }, { state: "sleeps", ms: 200 }, idle], 10)
    const { blockedMs, noCoreMs } = threadTimes.spent(accounts, 40, 260)!
    assert.closeTo(blockedMs, 200, 10)
    assert.strictEqual(noCoreMs, 0)
  })

  it("that nobody has counted yet, and that was no sleep, is a wait for a core that goes on", () => {
    const script: ReadonlyArray<Phase> = [idle, { state: "computes", ms: 20 }, { state: "waits", ms: 500 }]
    const accounts = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200].reduce<ReadonlyArray<threadTimes.Account>>(
      (known, at) => threadTimes.add(known, readingAt(script, at)),
      []
    )
    const { blockedMs, openMs } = threadTimes.spent(accounts, 40, 200)!
    assert.closeTo(openMs, 140, 12)
    assert.closeTo(blockedMs, 0, 1)
  })

  it("in which its process was stopped is found where it was, though it is known only when the thread sleeps again", () => {
    const reading = (at: number, ranMs: number, asleep: boolean): threadTimes.Reading => ({
      at,
      ranMs,
      noCoreMs: 0,
      systemMs: 0,
      asleep
    })
    const accounts = [
      reading(0, 0, true),
      reading(100, 0.5, false),
      // stopped at 101, continued at 700, asleep since 703
      reading(701, 2, false),
      reading(720, 4, true)
    ].reduce<ReadonlyArray<threadTimes.Account>>((known, one) => threadTimes.add(known, one), [])
    const { blockedMs, openMs, ranMs } = threadTimes.spent(accounts, 100, 702)!
    assert.isAtLeast(blockedMs + openMs, 595)
    assert.isAtMost(ranMs, 5)
  })

  it("is known from where a long stall began, also if it was read every few milliseconds", () => {
    const script: ReadonlyArray<Phase> = [idle, { state: "computes", ms: 60_000 }, idle, { state: "sleeps", ms: 3000 }]
    const began = 60_080
    let accounts: ReadonlyArray<threadTimes.Account> = []
    for (let at = 0; at < began; at += 200) accounts = threadTimes.add(accounts, readingAt(script, at))
    for (let at = began + 1; at <= began + 3000; at += 2)
      accounts = threadTimes.add(accounts, readingAt(script, at), began)
    const { blockedMs, ranMs } = threadTimes.spent(accounts, began, began + 3000)!
    assert.isAtLeast(blockedMs, 2990)
    assert.isAtMost(ranMs, 10)
  })

  it("that was open before a stall is no part of it", () => {
    // a hypervisor had the core for 900 ms at the start, and the thread has not slept since
    const reading = (at: number): threadTimes.Reading => ({
      at,
      ranMs: Math.max(0, at - 900),
      noCoreMs: 0,
      systemMs: 0,
      asleep: false
    })
    let accounts: ReadonlyArray<threadTimes.Account> = []
    for (const at of [0, 950, 1000, 1050, 1100, 1150]) accounts = threadTimes.add(accounts, reading(at))
    assert.deepInclude(threadTimes.spent(accounts, 1010, 1140), { ranMs: 130, openMs: 0 })
  })

  it("is known from the first reading on", () => {
    assert.closeTo(threadTimes.spent(accountsOf([idle], 10), -5, 20)!.blockedMs, 20, 0.001)
    assert.isUndefined(threadTimes.spent(accountsOf([idle], 10), -20, -5))
  })

  it("is told to the reading's width, whatever the thread did, and however long", () => {
    const phase = fc.record({
      state: fc.constantFrom<State>("computes", "waits", "sleeps"),
      ms: fc.integer({ min: 1, max: 400 })
    })
    fc.assert(
      fc.property(fc.array(phase, { minLength: 1, maxLength: 8 }), (phases) => {
        const stall = phases.reduce((sum, { ms }) => sum + ms, 0)
        const of = (state: State) => phases.reduce((sum, one) => (one.state === state ? sum + one.ms : sum), 0)
        const accounts = accountsOf([{ state: "sleeps", ms: 100 }, ...phases, idle], 10)
        const spent = threadTimes.spent(accounts, 100, 100 + stall)!
        const total = spent.ranMs + spent.noCoreMs + spent.openMs + spent.blockedMs
        assert.closeTo(total, stall, 0.001)
        // each change of state happens between two readings
        const width = 24 * (phases.length + 1)
        assert.closeTo(spent.noCoreMs + spent.openMs, of("waits"), width)
        assert.closeTo(spent.blockedMs, of("sleeps"), width)
      })
    )
  })
})
