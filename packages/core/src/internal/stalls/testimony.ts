/**
 * The verdict of all samples of one stall together.
 *
 * Each sample speaks for a stretch of time: a sample that came at once for the time since the one before it, a late sample
 * for the time in which the thread did not answer. So samples are weighed by time and not counted, since they grow sparser
 * while a stall lasts.
 *
 * **Invariant.** A stretch never reaches past the end of the stall, and is never negative.
 */
import type { Sample } from "./observations.ts"
import { lateMs } from "./observations.ts"

/** Its time, as the thread measured it, in ms. */
interface Stall {
  readonly startedAt: number
  readonly endedAt: number
}

/** The samples, and for how long each one speaks, in ms. */
const weighed = (
  stall: Stall,
  samples: ReadonlyArray<Sample>
): ReadonlyArray<{ readonly sample: Sample; readonly ms: number }> => {
  let since = stall.startedAt
  return samples.map((sample) => {
    const from = sample.late ? sample.at - sample.delayMs : since
    since = sample.at
    return { sample, ms: Math.max(0, Math.min(sample.at, stall.endedAt) - from) }
  })
}

/** The kind of code in the stacks, for most of the time for which they speak. */
export const shownBy = (stall: Stall, samples: ReadonlyArray<Sample>): Sample["shown"] => {
  const all = weighed(stall, samples)
  const msOf = (isIt: (sample: Sample) => boolean): number =>
    all.reduce((sum, { ms, sample }) => (isIt(sample) ? sum + ms : sum), 0)
  const half = msOf(() => true) / 2
  if (half === 0) return undefined
  const kernelMs = msOf(({ shown }) => shown === "kernel")
  if (kernelMs >= half) return "kernel"
  return kernelMs === 0 && msOf(({ shown }) => shown === "code") >= half ? "code" : undefined
}

/** Whether most samples show a thread that stood at a breakpoint: a debugger is attached, and it answered at once. */
export const isDebugged = (samples: ReadonlyArray<Sample>): boolean =>
  samples.filter(({ debugged }) => debugged).length * 2 > samples.length

/**
 * The sample that speaks for the most time; samples of the same place add up. So a native call of two seconds is not blamed
 * on the loop of 60 ms after it, whose sample came at once. A question that was overtaken by the end of the stall weighs
 * nothing.
 */
export const heaviest = (stall: Stall, samples: ReadonlyArray<Sample>): Sample | undefined => {
  const weights = new Map<string, { readonly sample: Sample; readonly ms: number }>()
  for (const { ms, sample } of weighed(stall, samples)) {
    if (sample.late && ms <= lateMs) continue
    const spot = `${sample.late}|${sample.place?.file}:${sample.place?.line}`
    const known = weights.get(spot)
    weights.set(spot, { sample: known?.sample ?? sample, ms: (known?.ms ?? 0) + ms })
  }
  const ordered = Array.from(weights.values()).sort((a, b) => b.ms - a.ms)
  const first = ordered[0]?.sample
  if (first === undefined || first.place !== undefined) return first
  // a sample in Effect's own code shows no place, nor does one after the end; an earlier place is at least near
  const placed = ordered.find(({ sample }) => !sample.late && sample.place !== undefined)?.sample
  return first.late ? { ...first, place: placed?.place } : (placed ?? first)
}
