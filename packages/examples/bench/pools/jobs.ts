/**
 * The jobs of the pool benchmarks: the same functions for every pool. Plain, without imports of Effect: a peer's worker
 * must not pay for what it does not use.
 */
import "./breakage.ts"
import { pbkdf2Sync } from "node:crypto"

/** Blocks its thread and uses no core. */
const holdFor = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Time for the harness to submit the neighbours before something goes wrong. */
const beforeTrouble = 150

/** An error class of a user, with a field and a code. */
export class Broken extends RangeError {
  readonly code = "E_BROKEN"
  readonly part = 7
}

/** A failure that its caller is meant to handle. */
export class Refused extends Error {
  readonly reason: string
  constructor(options: { readonly reason: string }) {
    super(`refused: ${options.reason}`)
    this.reason = options.reason
  }
}

/** Nothing to do: what remains is the pool. */
export const add = ({ a, b }: { readonly a: number; readonly b: number }): number => a + b

/** Arithmetic; 600,000 rounds are about a millisecond on the machine of the README. */
export const work = (rounds: number): number => {
  let x = 88172645
  for (let i = 0; i < rounds; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
  }
  return x
}

/** As much by the clock. */
export const spin = (ms: number): number => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return ms
}

const hold = (ms: number): number => {
  holdFor(ms)
  return ms
}

const echo = (value: unknown): unknown => value

const throws = (): never => {
  holdFor(beforeTrouble)
  throw new Broken("it broke")
}

const refuse = async (reason: string): Promise<never> => {
  holdFor(beforeTrouble)
  throw new Refused({ reason })
}

const exit = (): never => {
  holdFor(beforeTrouble)
  process.exit(3)
}

const exhaust = (): number => {
  holdFor(beforeTrouble)
  const kept: Array<Array<number>> = []
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i * 1.5))
}

const makeFunction = (): unknown => {
  holdFor(beforeTrouble)
  return { handler: () => 1 }
}

/** In a getter: our workers put yield points into loops of plain functions, and this is to be a job that has none. */
const endless = {
  get loop(): never {
    for (;;);
  }
}

const loop = (): never => endless.loop

/** Seconds in one call of native code, which no pool can cut short. */
const native = (): number => pbkdf2Sync("a", "b", 9_000_000, 64, "sha512").length

/** When it began, on the clock of the epoch. */
const begun = (): number => performance.timeOrigin + performance.now()

export const functions = {
  add,
  begun,
  echo,
  exhaust,
  exit,
  hold,
  loop,
  makeFunction,
  native,
  refuse,
  spin,
  throws,
  work
}
