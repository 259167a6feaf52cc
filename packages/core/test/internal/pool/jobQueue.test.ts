/**
 * The queue against a model that does the obvious, slowly; and the promises it makes to who waits.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { JobQueue } from "../../../src/internal/pool/jobQueue.ts"

const ageingMs = 100

interface Waiting {
  readonly job: number
  readonly key: string | undefined
  readonly priority: number
  readonly time: number
}

/** The same rules without any care for time. */
class Model {
  private waiting: Array<Waiting> = []
  private returned: Array<number> = []
  private ring: Array<string | undefined> = []

  get size(): number {
    return this.waiting.length + this.returned.length
  }

  push(waiting: Waiting): void {
    this.waiting.push(waiting)
    if (!this.ring.includes(waiting.key)) this.ring.push(waiting.key)
  }

  unshift(job: number): void {
    this.returned.push(job)
  }

  withdraw(job: number): boolean {
    const { size } = this
    this.waiting = this.waiting.filter((each) => each.job !== job)
    this.returned = this.returned.filter((each) => each !== job)
    return this.size < size
  }

  shift(): number | undefined {
    if (this.returned.length > 0) return this.returned.pop()
    while (this.ring.length > 0) {
      const key = this.ring.shift()
      const mine = this.waiting.filter((each) => each.key === key)
      if (mine.length === 0) continue
      const rank = ({ priority, time }: Waiting) => time - priority * ageingMs
      const [first] = mine.toSorted((a, b) => rank(a) - rank(b) || b.priority - a.priority)
      this.withdraw(first!.job)
      if (mine.length > 1) this.ring.push(key)
      return first!.job
    }
    return undefined
  }
}

const operations = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ push: fc.constantFrom(undefined, "a", "b", "c"), priority: fc.constantFrom(-1, 0, 3) })
    },
    { weight: 3, arbitrary: fc.constant("shift" as const) },
    { weight: 1, arbitrary: fc.constant("unshift" as const) },
    { weight: 1, arbitrary: fc.record({ withdraw: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ wait: fc.nat(150) }) }
  ),
  { maxLength: 200 }
)

it("does what its rules say, whatever comes and goes", () => {
  fc.assert(
    fc.property(operations, (operations) => {
      let queue = new JobQueue(ageingMs)
      const model = new Model()
      let jobs = 0
      let now = 0
      const out: Array<number> = []
      for (const operation of operations) {
        if (operation === "shift") {
          const job = queue.shift()
          assert.strictEqual(job, model.shift())
          if (job !== undefined) out.push(job)
        } else if (operation === "unshift") {
          const job = out.pop()
          if (job === undefined) continue
          queue.unshift(job)
          model.unshift(job)
        } else if ("push" in operation) {
          const { priority, push: key } = operation
          queue.push(++jobs, now, { key, priority })
          model.push({ job: jobs, key, priority, time: now })
        } else if ("withdraw" in operation) {
          const job = 1 + (operation.withdraw % (jobs + 1))
          assert.strictEqual(queue.withdraw(job), model.withdraw(job))
        } else {
          now += operation.wait
          queue = queue.clone()
        }
        assert.strictEqual(queue.size, model.size)
      }
      const left = queue.toArray()
      assert.deepStrictEqual(
        left,
        left.map(() => model.shift())
      )
      assert.strictEqual(model.size, 0)
    }),
    { numRuns: 500 }
  )
})

describe("the queue", () => {
  const drain = (queue: JobQueue) => queue.toArray()

  it("is first come first served where nobody says anything", () => {
    const queue = new JobQueue(ageingMs)
    for (let job = 1; job <= 100; job++) queue.push(job, 0)
    assert.deepStrictEqual(
      drain(queue),
      Array.from({ length: 100 }, (_, i) => i + 1)
    )
  })

  it("delays a key's first job by one of each other key, not by all of them", () => {
    const queue = new JobQueue(ageingMs)
    for (let job = 1; job <= 1000; job++) queue.push(job, 0, { key: job % 2 === 0 ? "even" : "odd" })
    queue.push(2000, 5, { key: "late" })
    queue.push(2001, 5)
    assert.includeMembers(drain(queue).slice(0, 4), [2000, 2001])
  })

  it("lets no stream of newcomers hold up who waits", () => {
    const queue = new JobQueue(ageingMs)
    for (let job = 1; job <= 10; job++) queue.push(job, 0, { key: "tenant" })
    let served = 0
    for (let job = 100; job < 200; job++) {
      queue.push(job, 1, { key: `visitor ${job}` })
      queue.push(job + 1000, 1, { key: `another ${job}` })
      if (queue.shift()! <= 10) served++
    }
    // more come than are served, so the ring grows and each turn is longer than the one before; but they come
    assert.isAtLeast(served, 4)
  })

  it("puts priority first within a key only, and waiting makes up for it", () => {
    const queue = new JobQueue(ageingMs)
    queue.push(1, 0, { key: "a" })
    queue.push(2, 0, { key: "b" })
    queue.push(3, 99, { key: "a", priority: 1 })
    queue.push(4, 101, { key: "b", priority: 1 })
    assert.deepStrictEqual(drain(queue), [3, 2, 1, 4])
  })

  it("never starves a job of low priority", () => {
    const queue = new JobQueue(ageingMs)
    queue.push(1, 0, { priority: -1 })
    let rounds = 0
    for (let now = 0; ; now += 10, rounds++) {
      queue.push(1000 + rounds, now, { priority: 3 })
      if (queue.shift() === 1) break
    }
    assert.isAtMost(rounds, (4 * ageingMs) / 10 + 1)
  })

  it("gives up the oldest job of the key that has most, and of its lowest priority", () => {
    const queue = new JobQueue(ageingMs)
    queue.push(1, 0, { key: "few" })
    queue.push(2, 0, { key: "many", priority: 1 })
    queue.push(3, 0, { key: "many" })
    queue.push(4, 0, { key: "many" })
    assert.deepStrictEqual([queue.shed(), queue.shed()], [3, 4])
    assert.deepStrictEqual(drain(queue), [1, 2])
    assert.isUndefined(new JobQueue(ageingMs).shed())
  })

  it("forgets keys that have nothing waiting", () => {
    const queue = new JobQueue(ageingMs)
    for (let job = 1; job <= 10_000; job++) {
      queue.push(job, 0, { key: `key ${job}` })
      if (job % 2 === 0) queue.withdraw(job)
      else queue.shift()
    }
    queue.shift()
    const { flows, ring } = queue as unknown as { flows: Map<unknown, unknown>; ring: Array<unknown> }
    assert.isBelow(flows.size + ring.length, 200)
  })

  it("takes no longer per job when it is long", () => {
    const timeOf = (jobs: number, keys: number): number => {
      const queue = new JobQueue(ageingMs)
      const start = performance.now()
      for (let job = 1; job <= jobs; job++) queue.push(job, job, { key: `${job % keys}`, priority: job % 3 })
      for (let job = jobs; job > jobs / 2; job--) queue.withdraw(job)
      while (queue.shift() !== undefined);
      return (performance.now() - start) / jobs
    }
    timeOf(10_000, 10)
    // a queue that is searched would be ten times slower
    assert.isBelow(timeOf(100_000, 1000), 6 * Math.max(timeOf(10_000, 10), 1e-4))
  })
})
