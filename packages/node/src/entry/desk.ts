/**
 * The worker's end of its job ring: which job it begins next, and how its outcomes get back. Main's end is
 * `wire/sentJobs.ts`.
 *
 * **When main is told.** A main thread that happens to look sees an outcome in the ring by itself. One that sleeps needs a
 * message, and a message costs it as much time as ten jobs. So after short jobs, with more jobs behind them, the worker
 * holds the message back for a moment and sends one for all of them. If that guess is wrong (the next job is long), a
 * caller waits for the 2 ms after which main looks by itself.
 *
 * **When the worker sleeps.** To wake it costs both threads tens of µs. So after its last job it looks out for the next one
 * for about as long, and sleeps if none comes. If that was in vain several times, it sleeps at once, and looks out again
 * now and then: an idle worker uses no core.
 */
import type { FromWorker, JobRequest, Outcome } from "@giveway/core/PlatformWorker"
import { jobExecutor, jobRing, JobTable, transferOf } from "@giveway/core/PlatformWorker"
import * as plainBytes from "../wire/plainBytes.ts"
import * as slotData from "../wire/slotData.ts"
import { now } from "./ownPrimitives.ts"
import type { RunningJob } from "./runningJob.ts"
import * as runningJob from "./runningJob.ts"

/** Jobs below this are short: main is not told of each. */
const shortMs = 0.05
/** So many short jobs in a row make it likely that the next one is short too. A guess. */
const shortOnes = 8
/** How long the message about an outcome may be held back, ms: about as long as it takes to wake main. */
const holdMs = 0.05
/** How long jobs may follow one another, ms, before the worker's event loop turns: as late a service's timer may fire. */
const turnMs = 5
/** After so many vain spins the worker sleeps at once, and after so many sleeps it spins again. Guesses. */
const vain = 3
const tryAgain = 32

type Post = (message: FromWorker, transfer?: ReadonlyArray<Transferable>) => void

/** Requests that came as messages, by the position of their job in the ring, until the job is begun. Positions begin at 0. */
class Mail implements jobRing.Mail {
  private readonly requests = new JobTable<JobRequest | undefined>()
  /** positions whose job was withdrawn before its message came */
  private readonly dropped = new Set<number>()

  has(position: number): boolean {
    return this.requests.has(position + 1)
  }

  drop(position: number): void {
    if (!this.requests.delete(position + 1)) this.dropped.add(position)
  }

  arrived(position: number, request: JobRequest | undefined): void {
    if (!this.dropped.delete(position)) this.requests.set(position + 1, request)
  }

  take(position: number): JobRequest {
    const request = this.requests.get(position + 1)!
    this.requests.delete(position + 1)
    return request
  }
}

export class Desk {
  /** the clock, as it was read last, ms */
  now = now()
  /** whether `next` gave nothing because the event loop should turn */
  turnIsOver = false
  private turnEnd = 0
  private readonly ring: jobRing.JobRing
  private readonly memory: plainBytes.Bytes
  private readonly post: Post
  private readonly spinMs: number
  private readonly mail = new Mail()
  private readonly targets: slotData.Targets = new Map()
  /** outcomes that main was not told of, and when the first of them was written */
  private untold = 0
  private untoldSince = 0
  private short = 0
  private hope = vain
  private sleeps = 0

  constructor(buffer: SharedArrayBuffer, spinMicros: number, post: Post) {
    this.ring = jobRing.fromBuffer(buffer)
    this.memory = plainBytes.over(buffer)
    this.spinMs = spinMicros / 1000
    this.post = post
  }

  /** The ring is still empty: sleeps until main puts a job in. */
  open(): void {
    jobRing.park(this.ring)
  }

  /** The request of the job at a position of the ring came as a message. */
  received(position: number, request: JobRequest | undefined): void {
    this.mail.arrived(position, request)
  }

  openTurn(): void {
    this.turnIsOver = false
    this.now = now()
    this.turnEnd = this.now + turnMs
  }

  /** Hot. Begins the next job. `undefined`: a message or an immediate will call again. */
  next(): RunningJob | undefined {
    if (this.now > this.turnEnd) {
      this.turnIsOver = true
      this.tell()
      return undefined
    }
    for (;;) {
      const { next } = this.ring
      const found = jobRing.claim(this.ring, this.mail)
      if (found === jobRing.Claim.begun) return this.read()
      // Slots of withdrawn jobs were passed: main may wait for them, and no answer will tell it that they are free.
      if (this.ring.next !== next && this.untold++ === 0) this.untoldSince = this.now
      this.tell()
      if (found === jobRing.Claim.awaited) return undefined
      if (!jobRing.hasNext(this.ring) && !this.spin() && this.sleep()) return undefined
    }
  }

  /** Hot. Hands the outcome of a job back: as a message if the job has posted others, or if the outcome moves memory. */
  answer(running: RunningJob, outcome: Outcome): void {
    const { memory, ring } = this
    const { begunAt, job } = running
    this.now = now()
    const ranMs = this.now - begunAt
    const written =
      running.hasPosted || transferOf(outcome) !== undefined
        ? -1
        : slotData.writeOutcome(memory, jobRing.dataOf(ring, ring.next), outcome)
    // a getter of the result may have posted a message
    const length = running.hasPosted ? -1 : written
    jobRing.answer(ring, length, Math.min(2 ** 31 - 1, Math.round(ranMs * 1000)))
    if (length === -1) {
      // Only now, since main overlooks a slot that is not answered yet. It looks at all slots when this message arrives.
      jobExecutor.sendOutcome(outcome, (outcome, transfer) => this.post({ _tag: "Done", job, outcome }, transfer))
      this.untold = 0
      return
    }
    this.short = ranMs < shortMs ? this.short + 1 : 0
    if (this.untold++ === 0) this.untoldSince = this.now
    if (this.short < shortOnes || this.now - this.untoldSince > holdMs) this.tell()
  }

  /** Tells main of the outcomes that it may not have seen. */
  tell(): void {
    if (this.untold === 0) return
    this.untold = 0
    if (!jobRing.call(this.ring)) return
    this.post(null)
    // main may have taken this core at once
    this.now = now()
  }

  private read(): RunningJob {
    const { memory, ring } = this
    const job = jobRing.jobOf(ring, ring.next)
    const request =
      jobRing.lengthOf(ring, ring.next) === -1
        ? this.mail.take(ring.next)
        : slotData.readRequest(memory, jobRing.dataOf(ring, ring.next), this.targets)
    return runningJob.make(job, request, this.now)
  }

  private spin(): boolean {
    if (this.spinMs === 0 || this.hope === 0) return false
    const end = now() + this.spinMs
    do {
      for (let i = 0; i < 20; i++) {
        if (jobRing.hasNext(this.ring)) {
          this.hope = vain
          this.now = now()
          return true
        }
      }
    } while (now() < end)
    this.hope--
    return false
  }

  /** `false`: there is a job already. */
  private sleep(): boolean {
    if (++this.sleeps % tryAgain === 0) this.hope = Math.max(1, this.hope)
    return jobRing.park(this.ring)
  }
}
