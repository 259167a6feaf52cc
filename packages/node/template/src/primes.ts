import { Task } from "@giveway/core"
import { Schema } from "effect"

/** A task: work for another core. A worker imports this module, so keep everything else out of it. */
export const countPrimes = Task.make(
  import.meta.url,
  "countPrimes",
  { payload: Schema.Struct({ below: Schema.Int }), success: Schema.Int },
  ({ below }) => {
    let count = 0
    for (let n = 2; n < below; n++) {
      let divisor = 2
      while (divisor * divisor <= n && n % divisor !== 0) divisor++
      if (divisor * divisor > n) count++
    }
    return count
  }
)
