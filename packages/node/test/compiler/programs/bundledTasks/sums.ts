import { Task } from "@giveway/core"
import * as Schema from "effect/Schema"
import { threadId } from "node:worker_threads"
import { count } from "./deep/primes.ts"
import { evaluations } from "./evaluations.ts"

const here = import.meta.url

export const sum = Task.make(
  here,
  "sum",
  {
    payload: Schema.Array(Schema.Number),
    success: Schema.Struct({
      total: Schema.Number,
      main: Schema.Boolean,
      evaluations: Schema.Number,
      other: Schema.String
    })
  },
  (numbers) => ({
    total: numbers.reduce((total, n) => total + n, 0),
    main: threadId === 0,
    evaluations: evaluations(),
    other: count.name
  })
)

export const squares = Task.stream(
  import.meta.url,
  "count",
  { payload: Schema.Number, element: Schema.Number },
  function* (to) {
    for (let n = 0; n < to; n++) yield n * n
  }
)
