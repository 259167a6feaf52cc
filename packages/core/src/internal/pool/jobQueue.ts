/**
 * The queue of a pool: which job is next.
 *
 * **Keys share evenly.** The jobs of one key (a tenant, a user) are a flow; jobs without a key are a flow too. Flows stand
 * in a ring. The first flow has one job served and, if it has more, goes to the end; a flow that gets its first job goes to
 * the end as well. So a caller of one job waits for at most one job of each other key, however many thousands those have
 * waiting, and a stream of new keys cannot hold up a flow that is in the ring.
 *
 * **Within a key, priority goes first, until waiting makes up for it**: each level of priority counts as `ageingMs` of
 * waiting. All waiting jobs grow older equally, so the order of two jobs never changes, and no timer is needed: a job of
 * priority p ranks as if it had come p · `ageingMs` earlier. Only jobs that come within that time after a job can overtake
 * it, so no job starves.
 *
 * **A job that was given back**, because the worker that it was sent to had no time for it, was next before, and is next again.
 *
 * **Invariant.** Every operation is O(1) amortised for keys and jobs, and O(levels) for priorities, of which there are
 * few: a withdrawn job leaves a hole, which is skipped, or swept once holes outnumber jobs.
 *
 * Rejected: virtual time, as in fair queueing of packets (a new flow is served before those that were served already, so a
 * stream of new keys starves the others); priority before keys (a caller that calls everything urgent starves the rest);
 * shares of time (how long a job takes is known too late); one heap (every job pays for what few use).
 *
 * Decision 0064.
 */

/** A job's standing in the queue, as its caller wishes it. */
export interface Standing {
  /** whose job it is; jobs without a key share one flow */
  readonly key?: string | undefined
  /** 0 if not given; higher goes first */
  readonly priority?: number | undefined
}

/** The jobs of one key and one priority, first come first served. */
interface Level {
  readonly flow: Flow
  readonly priority: number
  jobs: Array<number>
  /** when each came */
  times: Array<number>
  head: number
  size: number
}

/** The jobs of one key. */
interface Flow {
  readonly key: string | undefined
  /** highest priority first */
  readonly levels: Array<Level>
  size: number
  /** whether it stands in the ring */
  listed: boolean
}

export class JobQueue {
  private readonly ageingMs: number
  /** the level of each job that is in and was not given back; in any other level the job is a hole */
  private readonly levels = new Map<number, Level>()
  private readonly flows = new Map<string | undefined, Flow>()
  /** jobs that were given back, the next one last */
  private returned: Array<number> = []
  /** the flows that have jobs, and perhaps some that have none any more, from `head` on */
  private ring: Array<Flow> = []
  private head = 0
  /** the key of the job that `shift` gave last; `undefined` if that job had been given back */
  lastKey: string | undefined

  constructor(ageingMs: number) {
    this.ageingMs = ageingMs
  }

  get size(): number {
    return this.levels.size + this.returned.length
  }

  /** `job` must not be in. `now`: ms on any clock that does not go back. */
  push(job: number, now: number, standing?: Standing): void {
    const flow = this.flowOf(standing?.key)
    const level = levelOf(flow, standing?.priority ?? 0)
    level.jobs.push(job)
    level.times.push(now)
    level.size++
    flow.size++
    this.levels.set(job, level)
    if (flow.listed) return
    flow.listed = true
    this.ring.push(flow)
  }

  /** Gives back a job that `shift` gave and no worker began: it goes first, before those that were given back before it. */
  unshift(job: number): void {
    this.returned.push(job)
  }

  /** Takes the next job out. */
  shift(): number | undefined {
    this.lastKey = undefined
    const returned = this.returned.pop()
    if (returned !== undefined) return returned
    const flow = this.nextFlow()
    if (flow === undefined) return undefined
    this.lastKey = flow.key
    const job = this.takeFrom(this.firstLevel(flow))
    if (flow.size > 0) this.ring.push(flow)
    else this.forget(flow)
    return job
  }

  /** Takes a job out, from any position; `false` if it is not in. */
  withdraw(job: number): boolean {
    const level = this.levels.get(job)
    if (level === undefined) {
      const at = this.returned.indexOf(job)
      if (at >= 0) this.returned.splice(at, 1)
      return at >= 0
    }
    this.leave(job, level)
    if (level.jobs.length - level.head > 2 * level.size + sweepAt) this.sweep(level)
    return true
  }

  /** Takes the job to give up when there is no room: of the key with the most jobs the oldest of the lowest priority. */
  shed(): number | undefined {
    let longest: Flow | undefined
    for (const flow of this.flows.values()) if (flow.size > (longest?.size ?? 0)) longest = flow
    const level = longest?.levels.findLast(({ size }) => size > 0)
    return level && this.takeFrom(level)
  }

  /** The jobs, in the order in which they would come out if none came in. */
  toArray(): Array<number> {
    const queue = this.clone()
    const jobs: Array<number> = []
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) jobs.push(job)
    return jobs
  }

  /** An independent copy. */
  clone(): JobQueue {
    const copy = new JobQueue(this.ageingMs)
    const flows = new Map(Array.from(this.flows.values(), (flow) => [flow, copyFlow(flow)]))
    for (const [{ key }, flow] of flows) {
      copy.flows.set(key, flow)
      for (const level of flow.levels) {
        for (const job of level.jobs.slice(level.head)) {
          if (this.levels.get(job)?.priority === level.priority && this.levels.get(job)?.flow.key === key) {
            copy.levels.set(job, level)
          }
        }
      }
    }
    copy.returned = this.returned.slice()
    copy.ring = this.ring.slice(this.head).map((flow) => flows.get(flow)!)
    return copy
  }

  private flowOf(key: string | undefined): Flow {
    let flow = this.flows.get(key)
    if (flow === undefined) {
      flow = { key, levels: [], size: 0, listed: false }
      this.flows.set(key, flow)
    }
    return flow
  }

  /** Takes the flow whose turn it is out of the ring. */
  private nextFlow(): Flow | undefined {
    while (this.head < this.ring.length) {
      const flow = this.ring[this.head++]!
      if (this.head > sweepAt && this.head * 2 > this.ring.length) {
        this.ring = this.ring.slice(this.head)
        this.head = 0
      }
      if (flow.size > 0) return flow
      this.forget(flow)
    }
    return undefined
  }

  /** Jobs without a key come all the time: their flow stays. */
  private forget(flow: Flow): void {
    flow.listed = false
    if (flow.key !== undefined) this.flows.delete(flow.key)
  }

  private firstLevel({ levels }: Flow): Level {
    let first: Level | undefined
    let least = Infinity
    for (const level of levels) {
      if (level.size === 0) continue
      this.skipHoles(level)
      const rank = level.times[level.head]! - level.priority * this.ageingMs
      if (rank >= least) continue
      first = level
      least = rank
    }
    return first!
  }

  private skipHoles(level: Level): void {
    while (this.levels.get(level.jobs[level.head]!) !== level) level.head++
  }

  /** The first job of a level that has one. */
  private takeFrom(level: Level): number {
    this.skipHoles(level)
    const job = level.jobs[level.head++]!
    this.leave(job, level)
    if (level.size === 0) {
      level.jobs.length = level.times.length = level.head = 0
    } else if (level.head > sweepAt && level.head * 2 > level.jobs.length) {
      this.sweep(level)
    }
    return job
  }

  private leave(job: number, level: Level): void {
    this.levels.delete(job)
    level.size--
    level.flow.size--
  }

  private sweep(level: Level): void {
    const { jobs, times } = level
    level.jobs = []
    level.times = []
    for (let at = level.head; at < jobs.length; at++) {
      if (this.levels.get(jobs[at]!) !== level) continue
      level.jobs.push(jobs[at]!)
      level.times.push(times[at]!)
    }
    level.head = 0
  }
}

/** Below this many entries sweeping costs more than the memory it saves. A guess. */
const sweepAt = 32

const levelOf = (flow: Flow, priority: number): Level => {
  for (const level of flow.levels) if (level.priority === priority) return level
  const level: Level = { flow, priority, jobs: [], times: [], head: 0, size: 0 }
  flow.levels.push(level)
  flow.levels.sort((a, b) => b.priority - a.priority)
  return level
}

const copyFlow = (flow: Flow): Flow => {
  const copy: Flow = { ...flow, levels: [] }
  for (const level of flow.levels) {
    copy.levels.push({ ...level, flow: copy, jobs: level.jobs.slice(), times: level.times.slice() })
  }
  return copy
}
