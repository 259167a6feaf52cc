/**
 * The first fault: a long computation in a fiber. Nobody else runs until it is done.
 */
import { Effect } from "effect"

/** A picture of `width` pixels squared, smoothed the slow way over a number of taps. */
const resample = (width: number, taps: number): number => {
  let sum = 0
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      for (let tap = 0; tap < taps; tap++) sum += Math.sin(x * tap) * Math.cos(y + tap)
    }
  }
  return sum
}

export const thumbnail = Effect.fn("thumbnail")(function* (width: number) {
  yield* Effect.yieldNow
  return resample(width, 64)
})
