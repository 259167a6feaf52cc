/**
 * Resampling: a smaller picture from a larger one, in linear light, in two passes (across, then down).
 *
 * The filter is Mitchell and Netravali's cubic with B = C = 1/3 ("Reconstruction Filters in Computer Graphics",
 * SIGGRAPH 1988), stretched by the ratio of the sizes so that every source pixel counts. Pixels are averaged as light,
 * not as sRGB codes: averaging codes darkens fine bright detail, such as stars.
 *
 * **Invariant.** The weights of every target pixel sum to one, so a flat picture stays exactly what it is.
 * **Yield points.** One a row (about 20 µs of work), so a cancelled job stops within a row.
 *
 * Rejected: Lanczos, which rings around highlights in linear light; a plain box, which aliases at ratios near one.
 */
import * as YieldPoint from "@giveway/core/YieldPoint"
import type { Bitmap } from "./jpeg.ts"

const channels = 3

/** For one target pixel: the first source pixel it reads, and the weight of each from there on. */
interface Tap {
  readonly first: number
  readonly weights: Float32Array
}

/** The reach of the filter in source pixels at ratio one. */
const support = 2

const mitchell = (distance: number): number => {
  const x = Math.abs(distance)
  if (x < 1) return (21 * x * x * x - 36 * x * x + 16) / 18
  if (x < 2) return (-7 * x * x * x + 36 * x * x - 60 * x + 32) / 18
  return 0
}

/** Which source pixels make each target pixel; the edge pixels are repeated outwards by leaving out what is not there. */
const makeTaps = (sourceSize: number, targetSize: number): ReadonlyArray<Tap> => {
  const ratio = sourceSize / targetSize
  const taps: Array<Tap> = []
  for (let target = 0; target < targetSize; target++) {
    const center = (target + 0.5) * ratio
    const first = Math.max(0, Math.ceil(center - support * ratio - 0.5))
    const last = Math.min(sourceSize - 1, Math.floor(center + support * ratio - 0.5))
    const weights = new Float32Array(last - first + 1)
    let sum = 0
    for (let source = first; source <= last; source++) {
      const weight = mitchell((source + 0.5 - center) / ratio)
      weights[source - first] = weight
      sum += weight
    }
    for (let index = 0; index < weights.length; index++) weights[index] = weights[index]! / sum
    taps.push({ first, weights })
  }
  return taps
}

/** sRGB code to light, 0 to 1 (IEC 61966-2-1). */
const toLight = Float32Array.from({ length: 256 }, (_, code) => {
  const value = code / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
})

/** Light to sRGB code. 16,384 steps: at its steepest, the dark end, the curve needs 3,295 to reach every code. */
const lightSteps = 16_384
const toCode = Uint8Array.from({ length: lightSteps + 1 }, (_, step) => {
  const light = step / lightSteps
  return Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055))
})

// Each inner loop is a function of its own: V8 compiles a function that is called often, but throws away the code of a
// loop that it had to replace while it ran, once a picture.

/** One source row as light. */
const lightOf = (codes: Uint8Array, offset: number, row: Float32Array): void => {
  for (let index = 0; index < row.length; index++) row[index] = toLight[codes[offset + index]!]!
}

/** One source row to `taps.length` pixels of light, written at `offset` of `target`. */
const resampleRow = (row: Float32Array, taps: ReadonlyArray<Tap>, target: Float32Array, offset: number): void => {
  let to = offset
  for (const { first, weights } of taps) {
    let red = 0
    let green = 0
    let blue = 0
    let from = first * channels
    for (let index = 0; index < weights.length; index++, from += channels) {
      const weight = weights[index]!
      red += weight * row[from]!
      green += weight * row[from + 1]!
      blue += weight * row[from + 2]!
    }
    target[to++] = red
    target[to++] = green
    target[to++] = blue
  }
}

/** Source pixels to rows of light, `taps.length` wide and as many as before. */
const across = (source: Bitmap, taps: ReadonlyArray<Tap>): Float32Array => {
  const row = new Float32Array(source.width * channels)
  const light = new Float32Array(taps.length * source.height * channels)
  for (let y = 0; y < source.height; y++) {
    YieldPoint.check()
    lightOf(source.data, y * row.length, row)
    resampleRow(row, taps, light, y * taps.length * channels)
  }
  return light
}

/** Adds the row of light at `offset`, weighted, to `sum`. */
const addRow = (light: Float32Array, offset: number, weight: number, sum: Float32Array): void => {
  for (let index = 0; index < sum.length; index++) sum[index] = sum[index]! + weight * light[offset + index]!
}

/** A row of light as sRGB codes, written at `offset` of `codes`. */
const codesOf = (light: Float32Array, codes: Uint8Array, offset: number): void => {
  for (let index = 0; index < light.length; index++) {
    const value = light[index]!
    codes[offset + index] = toCode[value <= 0 ? 0 : value >= 1 ? lightSteps : Math.round(value * lightSteps)]!
  }
}

/** Rows of light to `taps.length` rows of sRGB codes. */
const down = (light: Float32Array, width: number, taps: ReadonlyArray<Tap>): Bitmap => {
  const rowLength = width * channels
  const data = new Uint8Array(rowLength * taps.length)
  const sum = new Float32Array(rowLength)
  for (const [y, { first, weights }] of taps.entries()) {
    YieldPoint.check()
    sum.fill(0)
    for (let index = 0; index < weights.length; index++)
      addRow(light, (first + index) * rowLength, weights[index]!, sum)
    codesOf(sum, data, y * rowLength)
  }
  return { data, height: taps.length, width }
}

/**
 * `source` at `width` pixels across, its shape kept; `source` itself if it is no wider than that, since a thumbnail is
 * never an enlargement. Costs about 30 ns a source pixel.
 */
export const resize = (source: Bitmap, width: number): Bitmap => {
  if (width >= source.width) return source
  const height = Math.max(1, Math.round((source.height * width) / source.width))
  const light = across(source, makeTaps(source.width, width))
  return down(light, width, makeTaps(source.height, height))
}
