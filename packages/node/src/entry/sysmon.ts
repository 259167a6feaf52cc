/**
 * The sysmon thread: it sleeps, looks at the watched thread's beacon, and executes the decisions of the watching machine
 * (`Sysmon` in core).
 *
 * It writes its reports to standard error itself, since the watched thread cannot while it is stuck. It asks for a stack
 * through the inspector (`inspector/mainThread.ts`).
 *
 * **Invariant.** It outlives its output: a reader that pauses or goes, or a full disk, costs lines and no record.
 */
import { setTimeout as after } from "node:timers/promises"
import type { MessagePort } from "node:worker_threads"
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import * as Sysmon from "@giveway/core/Sysmon"
import type { FromSysmon } from "../diagnostics/protocol.ts"
import * as mainThread from "../inspector/mainThread.ts"
import * as standardError from "../output/standardError.ts"
import { clockOf } from "../wire/sharedClock.ts"
import { callOfMainThread, ofMainThread, ownWait } from "../watch/threadTimes.ts"
import type { SysmonStart, ToSysmon } from "../watch/sysmonStart.ts"
import * as journal from "../watch/journal.ts"

const start = workerData as SysmonStart
const { port } = start
const block = Sysmon.attach(start.buffer)
const labels = new Map<number, string>()
/** to the diagnostics thread, if there is one */
let diagnostics: MessagePort | undefined

const now = clockOf(start.clock)
const slices = Sysmon.watch()

let state = Sysmon.initial({
  thresholdMs: start.thresholdMs,
  intervalMs: start.intervalMs,
  surroundings: start.surroundings,
  graceMs: start.graceMs,
  perMinute: start.perMinute,
  fair: start.fair,
  debugged: start.debugged,
  firstReading: start.firstReading,
  now: now()
})
/** The requests to settle stalls, and until when an open question may delay each. */
let settling: Array<Extract<Sysmon.Request, { readonly _tag: "Settle" }> & { readonly until: number }> = []

/**
 * How long the watched thread waits for a stack that is on its way, in ms. A guess above the 1 to 4 that it takes out of
 * JavaScript; the stall is over, so a later one would not show it.
 */
const settlePatienceMs = 20

/** While a question is open, this thread's own event loop must turn for the reply, so often that the end of a stall is seen. */
const turnMs = 2

const threadTimes = ofMainThread()
const waited = ownWait()
const call = callOfMainThread()
const see = (reading = threadTimes(now())): Sysmon.Seen => Sysmon.read(block, labels, reading, waited(), rest.isBlocked)

let rest = Sysmon.restAtFirst

const remember = (next: Sysmon.RestWatch): void => {
  rest = next
  Sysmon.suspect(block, rest.suspicion)
}

const lookAtRest = (): Sysmon.Reading | undefined => {
  const at = now()
  const reading = threadTimes(at)
  remember(Sysmon.lookAtRest(rest, { now: at, reading, beacon: Sysmon.beacon(block), call: () => call(at) }))
  return reading
}

const tell = (message: Sysmon.Message): void => {
  port.postMessage(message)
  if (message._tag === "Sampled") diagnostics?.postMessage(message satisfies FromSysmon)
}

const execute = (action: Sysmon.Action): void => {
  switch (action._tag) {
    case "Tell":
      return tell(action.message)
    case "Ask":
      return ask()
    case "Report":
      if (start.journal !== undefined) journal.appendStall(start.journal, journal.reported(action.report, now()))
      diagnostics?.postMessage({ _tag: "Report", report: action.report } satisfies FromSysmon)
      if (start.logs && !action.quiet) standardError.print(Sysmon.line(action.report))
  }
}

/** The program may have replaced what its answer is made with: then it has none. */
const answerIn = (text: string): Sysmon.Answer | undefined => {
  try {
    return JSON.parse(text) as Sysmon.Answer
  } catch {
    return undefined
  }
}

const ask = (): void => {
  const askedAt = now()
  mainThread.evaluate(Sysmon.question, (text) => {
    const answer = text === undefined ? undefined : answerIn(text)
    if (answer !== undefined) {
      const isLate = answer.at - askedAt > Sysmon.lateMs
      remember(Sysmon.answeredAtRest(rest, { ...answer, isLate }))
    }
    const next = Sysmon.answered(state, answer, askedAt, see(), now())
    state = next.state
    next.actions.forEach(execute)
  })
}

/** Chunks of the test loop; 0 until the test is prepared. */
let testChunks = 0
/** The test is repeated so many times if it has no result. */
let tests = 8

/** Once compiled code has run: asks for the test whether such code sees the stores of this thread. */
const askForTest = (): void => {
  if (tests === 0 || testChunks > 0 || !Sysmon.sawSteps(slices)) return
  testChunks = Sysmon.prepareTest()
  tell({ _tag: "Test" })
}

const test = (): void => {
  const seen = Sysmon.test(slices, block, testChunks)
  tests = seen === undefined ? tests - 1 : 0
  testChunks = 0
  if (seen === undefined) return
  tell({ _tag: "Tested", seen })
  if (seen || !start.logs) return
  standardError.print(
    "giveway: compiled code does not see the stores of another thread in this process, so its slices end by the clock alone"
  )
}

const receive = (): void => {
  for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
    const request = received.message as ToSysmon
    if (request._tag === "Label") labels.set(request.label, request.name)
    else if (request._tag === "Testing") test()
    else if (request._tag === "Diagnostics") diagnostics = request.port
    else settling.push({ ...request, until: now() + settlePatienceMs })
  }
}

const settle = (): void => {
  const isDue = ({ until }: { readonly until: number }): boolean => state.asking === undefined || now() >= until
  for (const { from, release, to } of settling.filter(isDue)) {
    tell({ _tag: "Settled", release, spent: Sysmon.spent(state, from, to) })
  }
  settling = settling.filter((one) => !isDue(one))
}

// Only the times of the thread tell that it computes while its heart rests. Doctor wants the line of each stall, also of one that is over
// before a look at a thread at rest: under it no heart rests.
Sysmon.setSeesRest(block, start.journal === undefined && threadTimes(now()) !== undefined)
parentPort?.postMessage("watching")
for (;;) {
  receive()
  const seen = see(lookAtRest())
  const next = Sysmon.look(state, seen, now())
  state = next.state
  next.actions.forEach(execute)
  settle()
  askForTest()
  const sleepMs = Math.min(next.sleepMs, rest.lookMs)
  if (state.asking === undefined) Sysmon.rest(slices, block, sleepMs, seen.wakes, now)
  else await after(Math.min(turnMs, sleepMs))
}
