/**
 * A worker's inbox as main sees it: puts jobs in, takes them back, and collects their answers.
 *
 * A job whose request is small plain data is written into the ring itself; any other is posted, as is one that moves what
 * it holds, and has a slot of its own all the same: whether it was begun is decided in one place. When the ring is full,
 * which takes withdrawn jobs in it, the next ones wait on this side. Rejected: one message for several jobs (decision 0083).
 *
 * What a job runs (a module's URL and a name) is written out until the worker has answered a job that said it, and is a
 * number from then on.
 *
 * **Invariant**: jobs are answered in the order in which they were put in.
 */
import type { JobRequest, JobTarget, Outcome } from "@giveway/core/Platform"
import { jobRing } from "@giveway/core/Platform"
import * as plainBytes from "./plainBytes.ts"

/** How an answer is told in a slot: what follows its number. */
export const Answer = {
  /** the value of a success */
  value: 0,
  /** an outcome */
  outcome: 1
} as const

interface Sent {
  readonly request: JobRequest
  /** its place in the ring, -1 while it waits on this side */
  place: number
  /** whether it was written into the ring, with its target */
  isWritten: boolean
  readonly target: number
}

/** Sends messages to the worker. */
export interface InboxPort {
  /** wakes the worker's event loop */
  readonly wake: () => void
  /** throws what a structured clone throws; `undefined`: the worker is not to wait for this place's request */
  readonly post: (place: number, request: JobRequest | undefined) => void
}

/** Numbers for targets, the same for all workers. */
const targets = new Map<string, Map<string, number>>()
let lastTarget = 0

const targetOf = ({ batch, moduleUrl, name, pure }: JobTarget & Pick<JobRequest, "batch">): number => {
  let names = targets.get(moduleUrl)
  if (names === undefined) targets.set(moduleUrl, (names = new Map()))
  const key = pure === true ? `${name} (pure)` : batch === true ? `${name} (batch)` : name
  let target = names.get(key)
  if (target === undefined) names.set(key, (target = ++lastTarget))
  return target
}

export class Inbox {
  readonly ring = jobRing.make()
  private readonly memory = plainBytes.over(this.ring.buffer)
  private readonly sent = new Map<number, Sent>()
  private readonly outside: Array<number> = []
  /** outcomes that came as messages before their slot was collected */
  private readonly posted = new Map<number, Outcome>()
  private readonly knownTargets = new Set<number>()
  private readonly port: InboxPort

  constructor(port: InboxPort) {
    this.port = port
    jobRing.listen(this.ring)
  }

  /** Jobs that were put in and are not collected. */
  get size(): number {
    return this.sent.size
  }

  /** Throws what a structured clone throws if the request can be neither written nor posted. */
  put(job: number, request: JobRequest): void {
    const full = this.outside.length > 0 || jobRing.isFull(this.ring)
    // of what waits here a copy, and what moves moves here: what cannot be sent is refused now, as it would be otherwise
    const { transfer } = request
    const sent: Sent = {
      request: full ? structuredClone(request, transfer && { transfer: Array.from(transfer) }) : request,
      place: -1,
      isWritten: false,
      target: targetOf(request)
    }
    if (full) this.outside.push(job)
    else this.offer(job, sent)
    this.sent.set(job, sent)
  }

  /** `false` if the worker has begun it, or nothing is known of it. */
  withdraw(job: number): boolean {
    const sent = this.sent.get(job)
    if (sent === undefined) return false
    if (sent.place === -1) this.outside.splice(this.outside.indexOf(job), 1)
    else if (!jobRing.withdraw(this.ring, sent.place)) return false
    this.sent.delete(job)
    return true
  }

  /** An outcome that came as a message; its slot is collected later. */
  received(job: number, outcome: Outcome): void {
    this.posted.set(job, outcome)
  }

  /**
   * Gives up to `most` answers to `told`. Returns whether there may be more; if not, the worker will send a message when
   * there is one.
   */
  collect(most: number, told: (job: number, outcome: Outcome, ranMs: number) => void): boolean {
    const { ring } = this
    for (let n = 0; n < most; n++) {
      const state = jobRing.collect(ring)
      const job = state === jobRing.State.done || state === jobRing.State.posted ? jobRing.jobOf(ring, ring.next) : 0
      const outcome = state === jobRing.State.done ? this.read() : this.posted.get(job)
      if (job === 0 || outcome === undefined) {
        this.refill()
        // a message that is on its way is one that main hears anyway
        if (job !== 0 || jobRing.listen(ring)) return false
        continue
      }
      const ranMs = jobRing.ranOf(ring, ring.next) / 1000
      jobRing.release(ring)
      this.posted.delete(job)
      const sent = this.sent.get(job)!
      // a request that came as a message told the worker its target, but not the target's number
      if (sent.isWritten) this.knownTargets.add(sent.target)
      this.sent.delete(job)
      told(job, outcome, ranMs)
    }
    this.refill()
    return true
  }

  /** Once the worker has ended and all is collected: the job it had begun, 0 if none. */
  begun(): number {
    return jobRing.wasClaimed(this.ring) ? jobRing.jobOf(this.ring, this.ring.next) : 0
  }

  private refill(): void {
    while (this.outside.length > 0 && !jobRing.isFull(this.ring)) {
      const job = this.outside.shift()!
      this.offer(job, this.sent.get(job)!)
    }
  }

  private offer(job: number, sent: Sent): void {
    const { memory, ring } = this
    const { batch, context, moduleUrl, name, payload, pure, transfer, window } = sent.request
    const target = this.knownTargets.has(sent.target) ? sent.target : [sent.target, moduleUrl, name, pure, batch]
    const length =
      window === undefined && transfer === undefined
        ? plainBytes.write(memory, jobRing.dataOf(ring, ring.end), jobRing.slotBytes, [target, context, payload])
        : -1
    sent.place = ring.end
    sent.isWritten = length !== -1
    const sleeps = jobRing.offer(ring, job, length)
    if (length === -1) this.post(sent)
    else if (sleeps) this.port.wake()
  }

  /** After its slot is in the ring: a worker that meets the message first would go to sleep again. */
  private post({ place, request }: Sent): void {
    try {
      this.port.post(place, request)
    } catch (refusal) {
      // it cannot have begun without its request
      jobRing.withdraw(this.ring, place)
      this.port.post(place, undefined)
      throw refusal
    }
  }

  private read(): Outcome {
    plainBytes.open(this.memory, jobRing.dataOf(this.ring, this.ring.next))
    const kind = plainBytes.read()
    const value = plainBytes.read()
    return kind === Answer.value ? { _tag: "Success", value } : (value as Outcome)
  }
}
