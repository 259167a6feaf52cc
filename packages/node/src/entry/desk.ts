/**
 * A worker's inbox as the worker sees it: what it runs next, and where its answers go.
 *
 * **When main is told.** An answer in the ring is seen by a main thread that happens to look; one that sleeps needs a
 * message, and each costs it about ten jobs' worth of time. So after short jobs, with more behind them, the message is held
 * back a moment, and is one for all of them. Who guesses wrong (the next job is long) costs a caller the 2 ms after which
 * main looks by itself.
 *
 * **When the worker sleeps.** Waking it costs both threads tens of µs. Having answered the last job it looks out for the
 * next one for about as long, and goes to sleep if none comes. If that is in vain several times it sleeps at once, and
 * tries again now and then: an idle worker uses no core.
 */
import type { FromWorker, JobRequest, JobTarget, Outcome } from "@giveway/core/Platform"
import { jobExecutor, jobRing, transferOf } from "@giveway/core/Platform"
import { Answer } from "../wire/inbox.ts"
import * as plainBytes from "../wire/plainBytes.ts"

/** Jobs below this are short: main is not told of each. */
const shortMs = 0.05
/** So many in a row make it likely that the next one is. A guess. */
const shortOnes = 8
/** How long an answer may be held back, ms: about what a wake of main takes. */
const holdMs = 0.05
/** How long jobs may follow one another, ms, before the worker's event loop turns: what a timer of a service may be late. */
const turnMs = 5
/** Spins in vain until none is tried, and sleeps until one is tried again. Guesses. */
const vain = 3
const tryAgain = 32

type Target = JobTarget & Pick<JobRequest, "batch">

type Post = (message: FromWorker, transfer?: ReadonlyArray<Transferable>) => void

export interface Next {
  readonly job: number
  readonly request: JobRequest
}

/** Requests that came as messages, by the place of their job, until it is begun. */
class Mail implements jobRing.Mail {
  private readonly requests = new Map<number, JobRequest | undefined>()
  /** withdrawn before their message came */
  private readonly dropped = new Set<number>()

  has(place: number): boolean {
    return this.requests.has(place)
  }

  drop(place: number): void {
    if (!this.requests.delete(place)) this.dropped.add(place)
  }

  arrived(place: number, request: JobRequest | undefined): void {
    if (!this.dropped.delete(place)) this.requests.set(place, request)
  }

  take(place: number): JobRequest {
    const request = this.requests.get(place)!
    this.requests.delete(place)
    return request
  }
}

export class Desk {
  /** the clock, as it was read last, ms */
  now = performance.now()
  /** whether `next` gave nothing because the event loop should turn */
  turnIsOver = false
  private turnEnd = 0
  private readonly ring: jobRing.JobRing
  private readonly memory: plainBytes.Bytes
  private readonly post: Post
  private readonly spinMs: number
  private readonly mail = new Mail()
  private readonly targets = new Map<number, Target>()
  /** answers that main was not told of, and when the first of them was given */
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

  /** Nothing was put into the inbox yet: sleeps until there is. */
  open(): void {
    jobRing.park(this.ring)
  }

  /** The data of the job in a place of the ring came as a message. */
  received(place: number, request: JobRequest | undefined): void {
    this.mail.arrived(place, request)
  }

  openTurn(): void {
    this.turnIsOver = false
    this.now = performance.now()
    this.turnEnd = this.now + turnMs
  }

  /** Begins the next job. `undefined`: a message or an immediate will call again. */
  next(): Next | undefined {
    if (this.now > this.turnEnd) {
      this.turnIsOver = true
      this.tell()
      return undefined
    }
    for (;;) {
      const found = jobRing.claim(this.ring, this.mail)
      if (found === jobRing.Claim.begun) return this.read()
      this.tell()
      if (found === jobRing.Claim.awaited) return undefined
      if (!jobRing.hasNext(this.ring) && !this.spin() && this.sleep()) return undefined
    }
  }

  /** Answers the job that was begun at `begunAt`; by message if others of it are on their way, or if something moves. */
  answer(job: number, outcome: Outcome, begunAt: number, byMessage: boolean): void {
    this.now = performance.now()
    const ranMs = this.now - begunAt
    const length = byMessage || transferOf(outcome) !== undefined ? -1 : this.write(outcome)
    jobRing.answer(this.ring, length, Math.min(2 ** 31 - 1, Math.round(ranMs * 1000)))
    if (length === -1) {
      // in this order: main would overlook a slot that is not answered yet. It looks at all of them when this arrives
      jobExecutor.sendOutcome(outcome, (outcome, transfer) => this.post({ _tag: "Done", job, outcome }, transfer))
      this.untold = 0
      return
    }
    this.short = ranMs < shortMs ? this.short + 1 : 0
    if (this.untold++ === 0) this.untoldSince = this.now
    if (this.short < shortOnes || this.now - this.untoldSince > holdMs) this.tell()
  }

  /** Tells main of the answers it may not have seen. */
  tell(): void {
    if (this.untold === 0) return
    this.untold = 0
    if (!jobRing.call(this.ring)) return
    this.post(null)
    // main may have taken this core at once
    this.now = performance.now()
  }

  private read(): Next {
    const { memory, ring } = this
    const job = jobRing.jobOf(ring, ring.next)
    if (jobRing.lengthOf(ring, ring.next) === -1) {
      return { job, request: this.mail.take(ring.next) }
    }
    plainBytes.open(memory, jobRing.dataOf(ring, ring.next))
    const target = this.target(plainBytes.read() as number | TargetWritten)
    const context = plainBytes.read() as JobRequest["context"]
    const payload = plainBytes.read()
    return { job, request: { ...target, context, payload } }
  }

  private target(written: number | TargetWritten): Target {
    if (typeof written === "number") return this.targets.get(written)!
    const [number, moduleUrl, name, pure, batch] = written
    const target: Target = {
      moduleUrl,
      name,
      ...(pure === undefined ? {} : { pure }),
      ...(batch === undefined ? {} : { batch })
    }
    this.targets.set(number, target)
    return target
  }

  private write(outcome: Outcome): number {
    const { memory, ring } = this
    const plain = outcome._tag === "Success" && outcome.ranMs === undefined
    const values = plain ? [Answer.value, outcome.value] : [Answer.outcome, outcome]
    return plainBytes.write(memory, jobRing.dataOf(ring, ring.next), jobRing.slotBytes, values)
  }

  private spin(): boolean {
    if (this.spinMs === 0 || this.hope === 0) return false
    const end = performance.now() + this.spinMs
    do {
      for (let i = 0; i < 20; i++) {
        if (jobRing.hasNext(this.ring)) {
          this.hope = vain
          this.now = performance.now()
          return true
        }
      }
    } while (performance.now() < end)
    this.hope--
    return false
  }

  /** `false`: there is a job already. */
  private sleep(): boolean {
    if (++this.sleeps % tryAgain === 0) this.hope = Math.max(1, this.hope)
    return jobRing.park(this.ring)
  }
}

/** What a job runs, when the worker reads it for the first time. */
type TargetWritten = readonly [
  number: number,
  moduleUrl: string,
  name: string,
  pure: boolean | undefined,
  batch: boolean | undefined
]
