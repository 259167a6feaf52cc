/**
 * Main's end of a job ring: the jobs that were sent to one worker and whose outcomes were not collected yet. The worker's
 * end is `entry/desk.ts`.
 *
 * A request of small plain data is written into the ring. Any other request is posted as a message. Its job has a slot in
 * the ring all the same, so whether a job was begun is decided in one place only. The ring can be full, because withdrawn
 * jobs keep their slots until the worker passes them: the next jobs then wait on this side. Rejected: one message for
 * several jobs (decision 0083).
 *
 * A getter of a payload may submit other jobs while its own is put in. One for the same worker then waits on this side: the slot
 * that is being filled is not handed over yet.
 *
 * **Invariant**: outcomes are collected in the order in which the jobs were put in.
 */
import { JobTable } from "@giveway/core/Platform"
import type { JobRequest, Outcome } from "@giveway/core/PlatformWorker"
import { jobRing, parcel } from "@giveway/core/PlatformWorker"
import * as plainBytes from "./plainBytes.ts"
import * as slotData from "./slotData.ts"

/** A job that was sent to this worker: its request, and where that is on its way. */
interface SentJob {
  readonly request: JobRequest
  /** its slot in the ring, counted from the first job on; -1 while it waits on this side */
  position: number
  /** whether its request was written into the ring, with its target, and not posted */
  isWritten: boolean
  /** the number of its target */
  readonly target: number
}

/** Sends messages to the worker. */
interface SentJobsPort {
  /** wakes the worker's event loop */
  readonly wake: () => void
  /**
   * throws the error of a structured clone; `undefined`: the worker is not to wait for the request of this position;
   * `transfer`: the parts that move
   */
  readonly post: (
    position: number,
    request: JobRequest | undefined,
    transfer: ReadonlyArray<Transferable> | undefined
  ) => void
}

/** The memory that a worker shares with main holds nonsense. */
export class WrongMemory extends Error {}

export class SentJobs {
  readonly ring = jobRing.make()
  private readonly memory = plainBytes.over(this.ring.buffer)
  private readonly jobs = new JobTable<SentJob>()
  /** jobs for which the ring had no free slot */
  private readonly outside: Array<number> = []
  /** outcomes that came as messages before their slot was collected */
  private readonly posted = new JobTable<Outcome>()
  /** targets that the worker knows by number */
  private readonly knownTargets = new Set<number>()
  private isWrong = false
  private readonly port: SentJobsPort
  /** whether a request is being written or posted, which may run code of users */
  private putting = false

  constructor(port: SentJobsPort) {
    this.port = port
    jobRing.listen(this.ring)
  }

  /** Jobs that were put in and are not collected. */
  get size(): number {
    return this.jobs.size
  }

  /** Throws the error of a structured clone if the request can be neither written nor posted. */
  put(job: number, request: JobRequest): void {
    const full = this.putting || this.outside.length > 0 || jobRing.isFull(this.ring)
    // A job that waits here is cloned and moved now: a request that cannot be sent is refused at once, as it would be
    // with a free slot.
    const sent: SentJob = {
      request: full ? copyOf(request) : request,
      position: -1,
      isWritten: false,
      target: slotData.numberOf(request)
    }
    if (full) {
      this.jobs.set(job, sent)
      this.outside.push(job)
      return
    }
    this.putting = true
    try {
      this.offer(job, sent)
      this.jobs.set(job, sent)
    } finally {
      this.putting = false
      this.refill()
    }
  }

  /** `false` if the worker has begun the job, or if it is not here. */
  withdraw(job: number): boolean {
    const sent = this.jobs.get(job)
    if (sent === undefined) return false
    if (sent.position === -1) this.outside.splice(this.outside.indexOf(job), 1)
    else if (!jobRing.withdraw(this.ring, sent.position)) return false
    this.jobs.delete(job)
    return true
  }

  /** An outcome that came as a message. Its slot is collected later. An outcome of a job that is not here is none. */
  received(job: number, outcome: Outcome): void {
    if (this.jobs.has(job)) this.posted.set(job, outcome)
  }

  /**
   * Hot. Gives up to `most` outcomes to `ended`. Returns whether there may be more. If not, the worker will send a message
   * when there is one. Throws {@link WrongMemory}.
   */
  collect(most: number, ended: (job: number, outcome: Outcome, ranMs: number) => void): boolean {
    const { memory, ring } = this
    for (let n = 0; n < most; n++) {
      const state = jobRing.collect(ring)
      const job = state === jobRing.State.done || state === jobRing.State.posted ? jobRing.jobOf(ring, ring.next) : 0
      const outcome =
        state === jobRing.State.done
          ? slotData.readOutcome(memory, jobRing.dataOf(ring, ring.next))
          : this.posted.get(job)
      if (job === 0 || outcome === undefined) {
        this.refill()
        // an outcome that travels as a message needs no further message: main hears that one anyway
        if (job !== 0 || jobRing.listen(ring)) return false
        continue
      }
      const ranMs = Math.max(0, jobRing.ranOf(ring, ring.next) / 1000)
      jobRing.release(ring)
      this.posted.delete(job)
      const sent = this.jobs.get(job)
      if (sent === undefined) throw this.wrong(`an answer to job ${job}, which the worker does not have`)
      // a posted request told the worker its target, but not the target's number
      if (sent.isWritten) this.knownTargets.add(sent.target)
      this.jobs.delete(job)
      ended(job, outcome, ranMs)
    }
    this.refill()
    return true
  }

  /** `waits`: jobs are here, and the worker has begun none. `progress` grows when it begins or passes one. */
  beginning(): { readonly waits: boolean; readonly progress: number } {
    const isUnbegun = jobRing.isUnbegun(this.ring)
    return { waits: isUnbegun && this.jobs.size > 0, progress: this.ring.next * 2 + (isUnbegun ? 0 : 1) }
  }

  private wrong(holds: string): WrongMemory {
    this.isWrong = true
    return new WrongMemory(`the memory of its jobs holds ${holds}`)
  }

  /**
   * Once the worker has ended and all is collected: the job that it had begun, 0 if none. If the memory is wrong, it may have begun the
   * first one.
   */
  begun(): number {
    if (this.isWrong) return this.jobs.lowest()
    return jobRing.wasClaimed(this.ring) ? jobRing.jobOf(this.ring, this.ring.next) : 0
  }

  private refill(): void {
    if (this.putting) return
    while (this.outside.length > 0 && !jobRing.isFull(this.ring)) {
      const job = this.outside.shift()!
      this.offer(job, this.jobs.get(job)!)
    }
  }

  private offer(job: number, sent: SentJob): void {
    const { memory, ring } = this
    const { request, target } = sent
    const start = jobRing.dataOf(ring, ring.end)
    const length = slotData.writeRequest(memory, start, request, target, this.knownTargets.has(target))
    sent.position = ring.end
    sent.isWritten = length !== -1
    const sleeps = jobRing.offer(ring, job, length)
    if (length === -1) this.post(sent)
    else if (sleeps) this.port.wake()
  }

  /** After its slot is in the ring: a worker that met the message first would go to sleep again. */
  private post({ position, request }: SentJob): void {
    try {
      const { message, transfer } = parcel(request, request.transfer)
      this.port.post(position, message, transfer)
    } catch (refusal) {
      // the worker cannot have begun the job without its request
      jobRing.withdraw(this.ring, position)
      this.port.post(position, undefined, undefined)
      throw refusal
    }
  }
}

const copyOf = (request: JobRequest): JobRequest => {
  const { message, transfer } = parcel(request, request.transfer)
  return structuredClone(message, transfer && { transfer: Array.from(transfer) })
}
