/**
 * The jobs of the cancel benchmark. Each says in shared memory when it began and that it still runs.
 *
 * Imports by module path, as a task module should: loading all of `effect` would take a worker another 100 ms.
 */
import * as Task from "@giveway/core/Task"
import * as YieldPoint from "@giveway/core/YieldPoint"
import * as Schema from "effect/Schema"

const Shared = Schema.instanceOf(SharedArrayBuffer)
const payload = Schema.Struct({ shared: Shared, slot: Schema.Int })

/** Shared cells: one start time (Float64, ms since the epoch) and one beat (Int32) per slot. */
export const views = (shared: SharedArrayBuffer, slots: number) => ({
  startedAt: new Float64Array(shared, 0, slots),
  beats: new Int32Array(shared, slots * 8, slots)
})

export const bytes = (slots: number): number => slots * 12

const now = () => performance.timeOrigin + performance.now()

const begin = (shared: SharedArrayBuffer, slot: number): Int32Array => {
  const { beats, startedAt } = views(shared, shared.byteLength / 12)
  startedAt[slot] = now()
  return beats
}

/** Loops for ever, with a yield point in each round. */
export const compliant = Task.make(
  import.meta.url,
  "compliant",
  { payload, success: Schema.Void },
  ({ shared, slot }) => {
    const beats = begin(shared, slot)
    for (;;) {
      YieldPoint.check()
      beats[slot] = (beats[slot]! + 1) | 0
    }
  }
)

/** Loops for ever, and that is all: workers put a yield point into its loop. */
export const plain = Task.make(import.meta.url, "plain", { payload, success: Schema.Void }, ({ shared, slot }) => {
  const beats = begin(shared, slot)
  for (;;) beats[slot] = (beats[slot]! + 1) | 0
})

/** Loops for ever where nobody can put one: in a getter. */
export const bare = Task.make(import.meta.url, "bare", { payload, success: Schema.Void }, ({ shared, slot }) => {
  const beats = begin(shared, slot)
  const endless = {
    get beat(): never {
      for (;;) beats[slot] = (beats[slot]! + 1) | 0
    }
  }
  return endless.beat
})

/** The next job: notes when it began. */
export const next = Task.make(import.meta.url, "next", { payload, success: Schema.Void }, ({ shared, slot }) => {
  begin(shared, slot)
})
