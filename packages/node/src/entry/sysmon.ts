/**
 * The sysmon thread: it sleeps, looks at the watched thread's beacon, and executes what the watching machine
 * (`Sysmon` in core) decides.
 *
 * It says what it sees on standard error by itself: the watched thread cannot while it is stuck. A stack comes from an
 * inspector session that is opened for one question and closed again; V8 answers between two statements, also in the
 * middle of an endless loop.
 *
 * Never used: the inspector's Debugger domain, which makes every `await` of the watched thread 8 times slower for as
 * long as it is enabled.
 */
import { appendFileSync, writeSync } from "node:fs"
import { setTimeout as after } from "node:timers/promises"
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import * as Sysmon from "@giveway/core/Sysmon"
import type { FromSysmon } from "../diagnostics/protocol.ts"
import * as mainThread from "../inspector/mainThread.ts"
import { clockOf } from "../watch/sharedClock.ts"
import { ofMainThread, ownWait } from "../watch/threadTimes.ts"
import type { SysmonStart } from "../watch/sysmonStart.ts"
import * as journal from "../watch/journal.ts"

const start = workerData as SysmonStart
const { port } = start
const block = Sysmon.attach(start.buffer)
const labels = new Map<number, string>()

const now = clockOf(start.clock)

let state = Sysmon.initial({
  thresholdMs: start.thresholdMs,
  intervalMs: start.intervalMs,
  surroundings: start.surroundings,
  graceMs: start.graceMs,
  perMinute: start.perMinute,
  now: now()
})
/** the stalls whose settling is asked for, and until when an open question may delay it */
let settling: Array<Extract<Sysmon.Request, { readonly _tag: "Settle" }> & { readonly until: number }> = []

/** How long the watched thread waits for an answer that is on its way, in ms: a stall that is over keeps no secrets. */
const settlePatienceMs = 20

/** While a question is open this thread's own event loop must turn; often, so that the end of a stall is seen. */
const turnMs = 2

const threadTimes = ofMainThread()
const waited = ownWait()
const see = (): Sysmon.Seen => Sysmon.read(block, labels, threadTimes(now()), waited())

const tell = (message: Sysmon.Message): void => {
  port.postMessage(message)
  if (message._tag === "Sampled") start.diagnostics?.postMessage(message satisfies FromSysmon)
}

const execute = (action: Sysmon.Action): void => {
  switch (action._tag) {
    case "Tell":
      return tell(action.message)
    case "Ask":
      return ask()
    case "Report":
      if (start.journal !== undefined) appendFileSync(start.journal, journal.reported(action.report, now()))
      start.diagnostics?.postMessage({ _tag: "Report", report: action.report } satisfies FromSysmon)
      if (start.logs && !action.quiet) writeSync(2, `${Sysmon.line(action.report)}\n`)
  }
}

const ask = (): void => {
  const main = mainThread.connect()
  const askedAt = now()
  main.evaluate(Sysmon.question, (text) => {
    const answer = text === undefined ? undefined : (JSON.parse(text) as Sysmon.Answer)
    const next = Sysmon.answered(state, answer, askedAt, see(), now())
    state = next.state
    next.actions.forEach(execute)
  })
}

/** Chunks of the test loop; 0 until it is prepared. Asked for again if there was no answer, so many times. */
let testChunks = 0
let tests = 8

/** Once compiled code has run: does it hear what this thread says? */
const askForTest = (): void => {
  if (tests === 0 || testChunks > 0 || !Sysmon.sawSteps()) return
  testChunks = Sysmon.prepareTest()
  tell({ _tag: "Test" })
}

const test = (): void => {
  const seen = Sysmon.test(block, testChunks)
  tests = seen === undefined ? tests - 1 : 0
  testChunks = 0
  if (seen === undefined) return
  tell({ _tag: "Tested", seen })
  if (seen || !start.logs) return
  writeSync(
    2,
    "giveway: running code does not see what another thread stores here: slices of compiled code end by the clock alone\n"
  )
}

const receive = (): void => {
  for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
    const request = received.message as Sysmon.Request
    if (request._tag === "Label") labels.set(request.label, request.name)
    else if (request._tag === "Testing") test()
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

parentPort?.postMessage("watching")
for (;;) {
  receive()
  const seen = see()
  const next = Sysmon.look(state, seen, now())
  state = next.state
  next.actions.forEach(execute)
  settle()
  askForTest()
  if (state.asking === undefined) Sysmon.rest(block, next.sleepMs, seen.wakes, now)
  else await after(Math.min(turnMs, next.sleepMs))
}
