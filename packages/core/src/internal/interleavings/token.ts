/**
 * A schedule as short text that fits into a bug report. It has the deviations of the schedule, 3 to 6 bytes each, and a hash of
 * the order in which operations ran. A token of another program, or of another version of it, ends with another hash.
 *
 * A schedule with more deviations than fit is named by its seed and number; its search makes it again.
 */
import * as Base64Url from "effect/encoding/Base64Url"
import * as Result from "effect/Result"
import type { Deviation } from "./choose/deviations.ts"
import type { StrategyName } from "./choose/rotation.ts"
import { names } from "./choose/rotation.ts"
import type { Ways } from "./machine/strategy.ts"

/** Characters of the longest token. */
export const longest = 200

/** The version of this format and of the strategies: `1` is the first. */
const prefix = "gw1."

interface Common {
  /** the hash of the schedule */
  readonly hash: number
  /** whether decisions stand before effects only */
  readonly effects: boolean
}

interface ByDeviations extends Common, Ways {
  readonly deviations: ReadonlyArray<Deviation>
}

interface ByNumber extends Common {
  /** whether the program was known to wait for promises */
  readonly promises: boolean
  readonly strategies: ReadonlyArray<StrategyName>
  readonly seed: number
  readonly schedule: number
}

export type Token = ByDeviations | ByNumber

const write = (bytes: Array<number>, value: number): void => {
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

const promises = 1
const effects = 2
const byNumber = 4
const whole = 8

/** Flags and hash. */
const headBytes = 5

export const encode = (token: Token): string => {
  const isByNumber = "seed" in token
  const withPromises = isByNumber ? token.promises : token.promisesFirst
  const isWhole = !isByNumber && token.resumesWhole
  const flags =
    (token.effects ? effects : 0) | (isByNumber ? byNumber : 0) | (withPromises ? promises : 0) | (isWhole ? whole : 0)
  const bytes: Array<number> = [flags]
  for (const shift of [0, 8, 16, 24]) bytes.push((token.hash >>> shift) & 255)
  if (isByNumber) {
    write(bytes, token.seed)
    write(bytes, token.schedule)
    for (const name of token.strategies) write(bytes, names.indexOf(name))
    return prefix + Base64Url.encode(Uint8Array.from(bytes))
  }
  for (const { block, interrupts, step, strand, to } of token.deviations) {
    write(bytes, strand * 4 + (block === undefined ? 0 : 1) + (interrupts ? 2 : 0))
    write(bytes, step)
    if (block !== undefined) write(bytes, block)
    write(bytes, to)
  }
  return prefix + Base64Url.encode(Uint8Array.from(bytes))
}

/** The token, or a sentence that says why the text is none. */
export const decode = (text: string): Result.Result<Token, string> => {
  if (!text.startsWith("gw")) return Result.fail(`a token begins with "gw1."`)
  if (!text.startsWith(prefix))
    return Result.fail(`it was made by another version of Giveway: this one reads ${prefix}`)
  const decoded = Base64Url.decode(text.slice(prefix.length))
  if (Result.isFailure(decoded)) return Result.fail("its characters are not those of a token")
  const bytes = decoded.success
  const flags = bytes[0] ?? 255
  if (bytes.length < headBytes || flags >= 2 * whole) return Result.fail(broken)
  const hash = bytes[1]! | (bytes[2]! << 8) | (bytes[3]! << 16) | (bytes[4]! << 24)
  const common = { hash, effects: (flags & effects) !== 0 }
  const withPromises = (flags & promises) !== 0
  const numbers = readerOf(bytes)
  const token: Token =
    (flags & byNumber) !== 0
      ? {
          ...common,
          promises: withPromises,
          seed: numbers.next(),
          schedule: numbers.next(),
          strategies: strategiesOf(numbers)
        }
      : {
          ...common,
          promisesFirst: withPromises,
          resumesWhole: (flags & whole) !== 0,
          deviations: deviationsOf(numbers)
        }
  return numbers.isBroken() ? Result.fail(broken) : Result.succeed(token)
}

const broken = "it is cut off or changed"

interface Numbers {
  readonly next: () => number
  readonly isAtEnd: () => boolean
  readonly isBroken: () => boolean
  readonly refuse: () => void
}

const readerOf = (bytes: Uint8Array): Numbers => {
  let at = headBytes
  let isBroken = false
  return {
    isAtEnd: () => isBroken || at >= bytes.length,
    isBroken: () => isBroken,
    refuse: () => {
      isBroken = true
    },
    next: () => {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++]
        if (byte === undefined || factor > 2 ** 42) {
          isBroken = true
          return 0
        }
        value += (byte & 127) * factor
        if (byte < 128) return value
      }
    }
  }
}

const strategiesOf = (numbers: Numbers): ReadonlyArray<StrategyName> => {
  const strategies: Array<StrategyName> = []
  while (!numbers.isAtEnd()) {
    const name = names[numbers.next()]
    if (name === undefined) numbers.refuse()
    else strategies.push(name)
  }
  if (strategies.length === 0) numbers.refuse()
  return strategies
}

const deviationsOf = (numbers: Numbers): ReadonlyArray<Deviation> => {
  const deviations: Array<Deviation> = []
  while (!numbers.isAtEnd()) {
    const head = numbers.next()
    const step = numbers.next()
    const block = head & 1 ? numbers.next() : undefined
    deviations.push({ strand: Math.floor(head / 4), step, block, to: numbers.next(), interrupts: (head & 2) !== 0 })
  }
  return deviations
}
