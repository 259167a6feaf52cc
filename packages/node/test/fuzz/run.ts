/**
 * Runs parsers on random inputs, and holds them to what all of them promise:
 *
 * - It returns a valid value, or refuses with its own error. No other error leaves it.
 * - Its time grows with its input at most linearly. An input that takes long is tried again, and the time of the thread counts,
 *   not that of the clock; long inputs of one repeated piece show what grows faster.
 * - No prototype is changed.
 * - Its memory has a bound: what one input takes is measured for each, garbage that was not collected yet included.
 * - Memory is given back: what stays is measured over all inputs.
 */
import { getHeapStatistics } from "node:v8"
import { Random } from "./random.ts"

export interface Parser<Input = any> {
  readonly name: string
  /** the input of a stream of random numbers */
  readonly make: (random: Random) => Input
  /** parses it, and throws if the result is not valid */
  readonly check: (input: Input) => void
  /** an input of `length` that repeats a piece; absent where inputs have a bound of their own */
  readonly long?: (random: Random, length: number) => Input
  /** its share of all inputs, default 1; less for those that are slow */
  readonly share?: number
}

export interface Failure {
  readonly parser: string
  readonly seed: number
  /** its number; `long 3` for the third long one */
  readonly input: string
  readonly shown: string
  readonly error: unknown
}

/** CPU time that a usual input may take, ms: a thousand times as long as one takes. */
const mostMs = 200

/** The length of long inputs: whoever needs its square takes many seconds. */
const longLength = 100_000

/** CPU time that a long one may take, ms. */
const mostLongMs = 1500

/** Memory that a usual input may take, bytes: they are of some kB, and a thousand times that is a bomb. A long one has 100 kB. */
const mostBytes = 32 * 2 ** 20
const mostLongBytes = 256 * 2 ** 20

const usedBytes = (): number => {
  const { external_memory: external, used_heap_size: heap } = getHeapStatistics()
  return heap + external
}

const prototypes = [Object, Array, Function, String, Number, Boolean, Map, Set, Error, Promise, RegExp, Date].map(
  ({ prototype }) => prototype as object
)

const countKeys = (): number => {
  let count = 0
  for (const prototype of prototypes) count += Reflect.ownKeys(prototype).length
  return count
}

const cpuMs = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

const shown = (input: unknown): string => {
  try {
    const text = typeof input === "string" ? JSON.stringify(input) : JSON.stringify(input, reviveless)
    return text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length} characters)` : text
  } catch {
    return String(input)
  }
}

const reviveless = (_: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? `${value}n`
    : value instanceof Uint8Array
      ? `bytes ${Buffer.from(value).toString("hex")}`
      : value

/** Parses one input. Returns the error with which it breaks a promise. */
const tried = (parser: Parser, input: unknown, keys: number, limitMs: number, limitBytes: number): unknown => {
  const start = performance.now()
  const bytesBefore = usedBytes()
  try {
    parser.check(input)
  } catch (error) {
    return error
  }
  if (countKeys() !== keys) return new Error("it changed a prototype")
  const bytes = usedBytes() - bytesBefore
  if (bytes > limitBytes) return new Error(`it took ${Math.round(bytes / 2 ** 20)} MiB of memory`)
  if (performance.now() - start < limitMs) return undefined
  // the machine may have been busy
  const before = cpuMs()
  parser.check(input)
  const took = cpuMs() - before
  return took < limitMs ? undefined : new Error(`it took ${Math.round(took)} ms of CPU time`)
}

/** Input number `index` of a run with `seed`. */
export const inputOf = (parser: Parser, seed: number, index: number): unknown => parser.make(new Random(seed, index))

/** Parses inputs `from` to `to` of a run; calls `failed` for each that breaks a promise. */
export const run = (
  parser: Parser,
  seed: number,
  from: number,
  to: number,
  failed: (failure: Failure) => void
): void => {
  const keys = countKeys()
  for (let index = from; index < to; index++) {
    const input = inputOf(parser, seed, index)
    const error = tried(parser, input, keys, mostMs, mostBytes)
    if (error !== undefined) failed({ parser: parser.name, seed, input: String(index), shown: shown(input), error })
  }
}

/** Parses `count` long inputs. */
export const runLong = (parser: Parser, seed: number, count: number, failed: (failure: Failure) => void): void => {
  const keys = countKeys()
  for (let index = 0; index < count && parser.long !== undefined; index++) {
    const input = parser.long(new Random(seed, -2 - index), longLength)
    const error = tried(parser, input, keys, mostLongMs, mostLongBytes)
    if (error !== undefined) failed({ parser: parser.name, seed, input: `long ${index}`, shown: shown(input), error })
  }
}

/** Parses an input of the corpus. */
export const again = (parser: Parser, input: unknown): unknown =>
  tried(parser, input, countKeys(), mostLongMs, mostLongBytes)
