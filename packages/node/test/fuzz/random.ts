/**
 * Inputs at random. Each depends on a seed and its number alone, so one that failed can be made again by itself.
 */

/** A stream of numbers (mulberry32): 5 ns each, and good enough to mix inputs. */
export class Random {
  private state: number

  constructor(seed: number, input: number) {
    this.state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(input + 1, 0x85eb_ca6b)) | 0
  }

  /** A whole number below `most`. */
  below(most: number): number {
    this.state = (this.state + 0x6d2b_79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * most)
  }

  of<A>(values: ReadonlyArray<A>): A {
    return values[this.below(values.length)]!
  }

  /** Mostly small, now and then up to `most`. */
  size(most: number): number {
    return this.below(this.below(20) === 0 ? most + 1 : Math.min(most, 4) + 1)
  }
}

const characters = [
  ..."\u0000\u0007\u001b\r\n\t ;,:=&%?#/\\\"'()[]{}<>@.-+_*~0159aAzZ",
  "\u007f",
  "\u009b",
  "\u202e",
  "ä",
  "€",
  "\ud800",
  "😀"
]

/** Pieces that have a meaning somewhere. */
const anywhere = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "NaN",
  "-0",
  "1e999",
  "9".repeat(400),
  "%",
  "%00",
  "%zz",
  "../",
  "\r\n",
  "\u001b[2J",
  "null",
  "undefined",
  " ".repeat(200),
  "(/".repeat(100)
]

/** A text that comes from one of `seeds` by a few changes: pieces of `words`, of other seeds, or single characters. */
export const text = (random: Random, seeds: ReadonlyArray<string>, words: ReadonlyArray<string>): string => {
  let made = random.of(seeds)
  for (let changes = random.size(30); changes > 0; changes--) {
    const at = random.below(made.length + 1)
    const to = Math.min(made.length, at + random.size(40))
    switch (random.below(7)) {
      case 0:
        made = made.slice(0, at) + made.slice(to)
        break
      case 1:
        made = made.slice(0, at) + random.of(characters) + made.slice(to)
        break
      case 2:
        made = made.slice(0, at) + random.of(characters) + made.slice(at)
        break
      case 3:
        made = made.slice(0, at) + random.of(words.length === 0 ? anywhere : words) + made.slice(to)
        break
      case 4:
        made = made.slice(0, at) + random.of(anywhere) + made.slice(at)
        break
      case 5:
        made = made.slice(0, at) + random.of(seeds).slice(random.below(30))
        break
      default:
        // the same piece again and again
        made = made.slice(0, at) + made.slice(at, to).repeat(random.size(50)) + made.slice(to)
    }
    if (made.length > 8000) made = made.slice(0, 8000)
  }
  return made
}

const odd: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  NaN,
  Infinity,
  5e-324,
  1e308,
  2 ** 53,
  2 ** 32,
  "",
  "text",
  "__proto__",
  "\u001b[2J\r\n",
  10n,
  [],
  {}
]

/** A value of plain data, at most `depth` deep. */
export const value = (random: Random, keys: ReadonlyArray<string>, depth = 3): unknown => {
  const kind = random.below(depth === 0 ? 6 : 10)
  if (kind < 6) return random.of(odd)
  if (kind < 8) return Array.from({ length: random.size(6) }, () => value(random, keys, depth - 1))
  const object: Record<string, unknown> = {}
  for (let fields = random.size(6); fields > 0; fields--) {
    Object.defineProperty(object, random.below(8) === 0 ? random.of(anywhere) : random.of(keys), {
      value: value(random, keys, depth - 1),
      enumerable: true,
      configurable: true,
      writable: true
    })
  }
  return object
}

/** A copy of `seed` with some parts exchanged: the shape is nearly right. */
export const bent = (random: Random, seed: unknown, keys: ReadonlyArray<string>): unknown => {
  if (random.below(12) === 0) return value(random, keys)
  if (Array.isArray(seed)) {
    const bentItems = seed.map((item) => bent(random, item, keys))
    return random.below(6) === 0 ? bentItems.slice(random.below(bentItems.length + 1)) : bentItems
  }
  if (typeof seed !== "object" || seed === null) return seed
  const made: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(seed)) if (random.below(16) !== 0) made[key] = bent(random, field, keys)
  return made
}
