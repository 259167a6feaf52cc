/**
 * One function of known cost, in the three forms that the benchmark `auto` compares: plain, in slices, as a task.
 */
import * as Pure from "@giveway/core/Pure"
import * as Task from "@giveway/core/Task"
import * as Schema from "effect/Schema"

/** Some nanoseconds a round, nothing that V8 can leave out. */
export const plain = (rounds: number): number => {
  let x = 1
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1664525) + 1013904223 + i) | 0
  return x
}

export const sliced = Pure.fn("burn", plain)

export const task = Task.make(import.meta.url, "burn", { payload: Schema.Number, success: Schema.Number }, plain)

/** Rounds that the arguments do not tell: one call in 16 is dear. */
export const hidden = (seed: number, cheap: number, dear: number): number =>
  plain(Math.imul(seed, 0x9e3779b1) >>> 28 === 0 ? dear : cheap)

export const slicedHidden = Pure.fn("hidden", hidden)

export const hiddenTask = Task.make(
  import.meta.url,
  "hidden",
  { payload: Schema.Tuple([Schema.Number, Schema.Number, Schema.Number]), success: Schema.Number },
  ([seed, cheap, dear]) => hidden(seed, cheap, dear)
)
