/**
 * The work of the HTTP scenarios: it counts primes by trial division, some 50 ms of processor time below 580,000. Nothing in it waits.
 */
import * as Task from "@giveway/core/Task"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** How many primes there are below a number. */
export const primes = (below: number): number => {
  "use steppable"
  let count = 0
  for (let n = 2; n < below; n++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= n; divisor++) {
      if (n % divisor === 0) {
        isPrime = false
        break
      }
    }
    if (isPrime) count++
  }
  return count
}

/** The same as a task, for a worker thread. */
export const countPrimes = Task.make(
  import.meta.url,
  "countPrimes",
  { payload: Schema.Int, success: Schema.Int },
  (below) => Effect.sync(() => primes(below))
)
