/**
 * What is known of each live job, by its number: a hash table for jobs that come and go by the hundred thousand a second.
 *
 * `Map` is the wrong table for that. When V8 moves a `Map` to a new store, the old store keeps a pointer to the new one, for iterators.
 * One old store in the old generation keeps all later ones alive until the next full collection, and with them each job that was
 * live in one of them: a flood of jobs had a third of its garbage copied twice, and lost a third of its throughput.
 *
 * Open addressing with linear probing, at most half full. A number that leaves moves those behind it back (Knuth, TAOCP 6.4, algorithm R),
 * so there are no tombstones. Numbers follow one another, and multiplicative hashing lays those far apart (same chapter): with the
 * lowest bits for a place, 100,000 live jobs would be one run of filled slots, and each job that leaves would look at all of it.
 *
 * **Invariant.** A slot without a number has no value: nothing is kept alive by a job that has left.
 *
 * Rejected: a `Map` of entries whose fields are cleared when they leave (each user of a table has to remember it).
 *
 * Decision 0130.
 */

/** Slots of an empty table, a power of two: `2 ** leastBits`. */
const leastBits = 4

/** 2³² / φ, Knuth's multiplier. */
const multiplier = 0x9e3779b1

export class JobTable<V> {
  /** Number of jobs. */
  size = 0
  /** 0: free */
  private numbers = new Int32Array(2 ** leastBits)
  private values: Array<V | undefined> = Array.from({ length: 2 ** leastBits })
  /** the highest bits of a product are the place of its number */
  private shift = 32 - leastBits

  /** Here and below, `job` is a positive integer of 31 bits. 0 is no job. */
  has(job: number): boolean {
    return job !== 0 && this.numbers[this.find(job)] === job
  }

  get(job: number): V | undefined {
    return this.values[this.find(job)]
  }

  set(job: number, value: V): void {
    let at = this.find(job)
    if (this.numbers[at] === 0) {
      if (2 * (this.size + 1) > this.numbers.length) {
        this.resize(this.shift - 1)
        at = this.find(job)
      }
      this.numbers[at] = job
      this.size++
    }
    this.values[at] = value
  }

  /** Returns whether it was there. */
  delete(job: number): boolean {
    const { numbers, values } = this
    const mask = numbers.length - 1
    let hole = this.find(job)
    if (job === 0 || numbers[hole] !== job) return false
    for (let at = (hole + 1) & mask; numbers[at] !== 0; at = (at + 1) & mask) {
      // one that lies between the hole and its own place stays
      if (((at - this.placeOf(numbers[at]!)) & mask) < ((at - hole) & mask)) continue
      numbers[hole] = numbers[at]!
      values[hole] = values[at]
      hole = at
    }
    numbers[hole] = 0
    values[hole] = undefined
    this.size--
    if (this.shift < 32 - leastBits && 8 * this.size < numbers.length) this.resize(this.shift + 1)
    return true
  }

  /** The lowest number, 0 if there is none. Looks at all. */
  lowest(): number {
    let lowest = 0
    for (const job of this.numbers) if (job !== 0 && (lowest === 0 || job < lowest)) lowest = job
    return lowest
  }

  copy(): JobTable<V> {
    const copy = new JobTable<V>()
    copy.size = this.size
    copy.numbers = this.numbers.slice()
    copy.values = this.values.slice()
    copy.shift = this.shift
    return copy
  }

  /** The jobs with their values, in no order. The table must not change meanwhile. */
  *entries(): Generator<readonly [job: number, value: V]> {
    for (const [at, job] of this.numbers.entries()) if (job !== 0) yield [job, this.values[at] as V]
  }

  private placeOf(job: number): number {
    return Math.imul(job, multiplier) >>> this.shift
  }

  /** The slot of `job`, or the free one where it would be. */
  private find(job: number): number {
    const { numbers } = this
    const mask = numbers.length - 1
    let at = this.placeOf(job)
    while (numbers[at] !== 0 && numbers[at] !== job) at = (at + 1) & mask
    return at
  }

  private resize(shift: number): void {
    const { numbers, values } = this
    const length = 2 ** (32 - shift)
    this.shift = shift
    this.numbers = new Int32Array(length)
    this.values = Array.from({ length })
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] === 0) continue
      const at = this.find(numbers[i]!)
      this.numbers[at] = numbers[i]!
      this.values[at] = values[i]
    }
  }
}
