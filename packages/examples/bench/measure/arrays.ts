/**
 * The methods of arrays on arrays of one length, in a process of their own, started by `yield.ts` under
 * `--import @giveway/node/register`. Prints one JSON line: for each method and callback the CPU time of its compiled call divided by
 * that of the plain one, interleaved, the median of the rounds.
 */
import * as Steppable from "@giveway/core/Steppable"
import { median, round } from "../statistics.ts"
import { arrayCalls } from "./arrayCalls.ts"
import { cpuMs } from "./cpuClock.ts"

const length = Number(process.argv[2])
const xs = Array.from({ length }, (_, i) => i)

/** The slice is never over, but the clock is read as always. */
const never = Steppable.clockPolicy(
  () => false,
  () => {}
)

const warmUpMs = 250
const rounds = 11
/** CPU time of a round of the plain function, ms: a few budgets. */
const roundMs = 2

const timed = (work: () => number): number => {
  const start = cpuMs()
  work()
  return cpuMs() - start
}

const measure = (
  run: (xs: Array<number>, n: number) => number
): { readonly slowdown: number; readonly plainNs: number } => {
  const twin = Steppable.twinOf(run)
  if (twin === undefined) throw new Error(`${run.name} has no steppable form`)
  let n = 1
  while (timed(() => run(xs, n)) < roundMs) n *= 2
  const plain = (): number => run(xs, n)
  const steppable = (): number => new Steppable.Activation().begin(twin, [xs, n], never) as number
  if (plain() !== steppable()) throw new Error("the steppable form gives another result")
  for (const end = cpuMs() + warmUpMs; cpuMs() < end;) {
    plain()
    steppable()
    // V8 has compiled it meanwhile
    while (timed(plain) < roundMs) n *= 2
  }
  const plainMs: Array<number> = []
  const ratios = Array.from({ length: rounds }, () => {
    const base = timed(plain)
    plainMs.push(base)
    return timed(steppable) / base
  })
  return { slowdown: round(median(ratios), 3), plainNs: round((median(plainMs) * 1e6) / n) }
}

const only = process.argv[3]
const calls = arrayCalls.filter(([method]) => only === undefined || method === only)
console.log(
  JSON.stringify(
    calls.map(([method, callback, run]) => ({
      method,
      callback,
      length,
      ...measure(run)
    }))
  )
)
