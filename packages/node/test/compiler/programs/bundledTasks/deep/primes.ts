import { Task } from "@giveway/core"
import * as Schema from "effect/Schema"
import { evaluations } from "../evaluations.ts"

evaluations()

export const count = Task.make(
  import.meta.url,
  "count",
  { payload: Schema.Number, success: Schema.Number },
  (below) => {
    let found = 0
    for (let n = 2; n < below; n++) {
      let divisor = 2
      while (divisor * divisor <= n && n % divisor !== 0) divisor++
      if (divisor * divisor > n) found++
    }
    return found
  }
)
